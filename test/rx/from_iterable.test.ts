import { Readable } from 'node:stream'
import test from 'ava'
import { fromIterable, holdCredit } from 'qadataswap/rx'
import { lastValueFrom, take, toArray } from 'rxjs'
import { until } from '../support/arenas.js'
import { stopsAt } from './support/settled.js'

const broken = new Error('broken')

async function* counting(count: number, log: string[] = []) {
  try {
    for (let n = 0; n < count; n++) yield n
  } finally {
    log.push('returned')
  }
}

test('values of iterables, async iterables and streams come in order', async (t) => {
  t.deepEqual(await lastValueFrom(fromIterable([1, 2, 3]).pipe(toArray())), [1, 2, 3])
  t.deepEqual(await lastValueFrom(fromIterable(counting(3)).pipe(toArray())), [0, 1, 2])
  t.deepEqual(await lastValueFrom(fromIterable<unknown>(Readable.from(['a', 'b'])).pipe(toArray())), [
    'a',
    'b',
  ])
})

test('an iterable is iterated anew for each subscription', async (t) => {
  const values = fromIterable(new Set([1, 2])).pipe(toArray())
  t.deepEqual(await lastValueFrom(values), [1, 2])
  t.deepEqual(await lastValueFrom(values), [1, 2])
})

test('the next value is asked for only while fewer than maxInFlight are unfinished', async (t) => {
  const asked: number[] = []
  async function* source() {
    for (let n = 0; ; n++) {
      asked.push(n)
      yield n
    }
  }
  const holds: (() => void)[] = []
  const subscription = fromIterable(source(), { maxInFlight: 2 }).subscribe((n) => holds.push(holdCredit(n)))
  await stopsAt(t, () => asked.length, 2)
  holds[0]!()
  await stopsAt(t, () => asked.length, 3)
  subscription.unsubscribe()
})

test('unsubscribing returns the iterator, and the end does so once', async (t) => {
  const log: string[] = []
  await lastValueFrom(fromIterable(counting(10, log)).pipe(take(3)))
  await until(() => log.length > 0)
  t.deepEqual(log, ['returned'])
  await lastValueFrom(fromIterable(counting(2, log)))
  t.deepEqual(log, ['returned', 'returned'])
})

test('unsubscribing destroys a stream', async (t) => {
  const stream = Readable.from(counting(100))
  await lastValueFrom(fromIterable<number>(stream).pipe(take(1)))
  await until(() => stream.destroyed)
  t.pass()
})

test('errors of the iterator are errors, thrown or rejected', async (t) => {
  function* throwing() {
    yield 1
    throw broken
  }
  async function* rejecting() {
    yield 1
    throw broken
  }
  for (const source of [throwing(), rejecting()]) {
    const seen: unknown[] = []
    fromIterable<number>(source).subscribe({
      next: (value) => seen.push(value),
      error: (error) => seen.push(error),
    })
    await until(() => seen.length === 2)
    t.deepEqual(seen, [1, broken])
  }
})
