import test from 'ava'
import { concatMapBatch, fromPull, holdCredit, mergeMapBatch } from 'qadataswap/rx'
import {
  firstValueFrom,
  lastValueFrom,
  map,
  NEVER,
  Observable,
  of,
  retry,
  type Subscription,
  take,
  toArray,
} from 'rxjs'
import { until } from '../support/arenas.js'
import { settled, stopsAt } from './support/settled.js'
import { ListSource, numbered, numberOf } from './support/fake_source.js'

const broken = new Error('broken')
test('batches come in order, then the end, and the source is closed once', async (t) => {
  const source = new ListSource(200).push(null)
  const numbers = await lastValueFrom(fromPull(() => source).pipe(map(numberOf), toArray()))
  t.deepEqual(
    numbers,
    Array.from({ length: 200 }, (_, n) => n),
  )
  t.deepEqual(source.log, ['closed'])
})

test('it waits for what is not ready yet', async (t) => {
  const source = new ListSource()
  const seen: number[] = []
  let completed = false
  fromPull(() => source).subscribe({
    next: (batch) => seen.push(numberOf(batch)),
    complete: () => (completed = true),
  })
  await until(() => source.isWaiting)
  source.push(numbered(7), numbered(8))
  await until(() => source.isWaiting)
  t.deepEqual(seen, [7, 8])
  source.push(null)
  await until(() => completed)
  t.is(source.closed, 1)
})

test('an error comes after the batches before it, as it is, and closes the source', async (t) => {
  for (const waits of [false, true]) {
    const source = new ListSource(2)
    if (!waits) source.push(broken)
    const seen: unknown[] = []
    fromPull(() => source).subscribe({
      next: (batch) => seen.push(numberOf(batch)),
      error: (error) => seen.push(error),
    })
    if (waits) {
      await until(() => source.isWaiting)
      source.push(broken)
    }
    await until(() => source.closed > 0)
    t.deepEqual(seen, [0, 1, broken])
    t.is(seen[2], broken)
  }
})

test('an error waits until what is in flight is finished, and nothing more is read', async (t) => {
  for (const waits of [false, true]) {
    const source = new ListSource(2)
    if (!waits) source.push(broken)
    const finish: (() => void)[] = []
    const seen: unknown[] = []
    fromPull(() => source)
      .pipe(
        concatMapBatch((batch) => new Promise<number>((done) => finish.push(() => done(numberOf(batch))))),
      )
      .subscribe({ next: (number) => seen.push(number), error: (error) => seen.push(error) })
    if (waits) {
      await until(() => source.isWaiting)
      source.push(broken)
    }
    for (let n = 0; n < 2; n++) {
      await until(() => finish.length > n)
      await settled()
      t.deepEqual([seen.length, source.closed], [n, 0])
      finish[n]!()
    }
    await until(() => source.closed > 0)
    t.deepEqual(seen, [0, 1, broken])
  }
})

test('what a holder emits right after it gave its credit back comes before the error', async (t) => {
  const source = new ListSource(1).push(broken)
  const seen: unknown[] = []
  const late = fromPull(() => source).pipe(
    (batches) =>
      new Observable<number>((subscriber) =>
        batches.subscribe({
          next(batch) {
            const done = holdCredit(batch)
            void settled().then(() => {
              done()
              subscriber.next(numberOf(batch))
            })
          },
          error: (error) => subscriber.error(error),
        }),
      ),
  )
  late.subscribe({ next: (number) => seen.push(number), error: (error) => seen.push(error) })
  await until(() => source.closed > 0)
  t.deepEqual(seen, [0, broken])
})

test('unsubscribing while an error waits forgets it', async (t) => {
  const source = new ListSource(1).push(broken)
  let finish: (() => void) | undefined
  const subscription = fromPull(() => source).subscribe({
    next: (batch) => (finish = holdCredit(batch)),
    error: () => t.fail(),
  })
  await until(() => finish !== undefined)
  await settled()
  subscription.unsubscribe()
  t.is(source.closed, 1)
  finish!()
  await settled()
})

test('an error on opening is the error', async (t) => {
  const failing = fromPull(() => {
    throw broken
  })
  t.is(await t.throwsAsync(firstValueFrom(failing)), broken)
})

test('each subscription opens a source of its own, retry too', async (t) => {
  const sources = [new ListSource(1).push(broken), new ListSource(2).push(null)]
  let opened = 0
  const numbers = fromPull(() => sources[opened++]!).pipe(retry(1), map(numberOf), toArray())
  t.deepEqual(await lastValueFrom(numbers), [0, 0, 1])
  t.deepEqual(
    sources.map((source) => source.closed),
    [1, 1],
  )
})

test('unsubscribing ends a wait at once, and closes the source', async (t) => {
  const source = new ListSource()
  const subscription = fromPull(() => source).subscribe(() => t.fail())
  await until(() => source.isWaiting)
  subscription.unsubscribe()
  t.deepEqual(source.log, ['wait aborted', 'closed'])
  await settled()
  t.is(source.closed, 1)
})

test('unsubscribing before the first batch emits nothing', async (t) => {
  const source = new ListSource(3)
  fromPull(() => source)
    .subscribe(() => t.fail())
    .unsubscribe()
  await stopsAt(t, () => source.taken, 0)
  t.is(source.closed, 1)
})

test('unsubscribing within next ends it there, and closes the source when next is done with the batch', async (t) => {
  const source = new ListSource(10)
  const seen: number[] = []
  const subscription: Subscription = fromPull(() => source).subscribe((batch) => {
    if (numberOf(batch) === 3) {
      subscription.unsubscribe()
      t.is(source.closed, 0)
    }
    seen.push(numberOf(batch))
  })
  await until(() => source.closed > 0)
  await settled()
  t.deepEqual(seen, [0, 1, 2, 3])
  t.is(source.taken, 4)
})

test('unsubscribing while credits are held closes the source, and later releases do nothing', async (t) => {
  const source = new ListSource(10)
  const holds: (() => void)[] = []
  const subscription = fromPull(() => source, { maxInFlight: 2 }).subscribe((batch) =>
    holds.push(holdCredit(batch)),
  )
  await settled()
  subscription.unsubscribe()
  t.is(source.closed, 1)
  holds.forEach((release) => release())
  await stopsAt(t, () => source.taken, 2)
  t.is(source.closed, 1)
})

test('take closes the source', async (t) => {
  const source = new ListSource(10)
  const numbers = await lastValueFrom(fromPull(() => source).pipe(take(3), map(numberOf), toArray()))
  t.deepEqual(numbers, [0, 1, 2])
  t.is(source.closed, 1)
  t.is(source.taken, 3)
})

test('after the end the source is closed when the last batch in flight is finished', async (t) => {
  const source = new ListSource(2).push(null)
  const holds: (() => void)[] = []
  let completed = false
  fromPull(() => source).subscribe({
    next: (batch) => holds.push(holdCredit(batch)),
    complete: () => (completed = true),
  })
  await until(() => completed)
  t.is(source.closed, 0)
  holds[1]!()
  t.is(source.closed, 0)
  holds[0]!()
  t.is(source.closed, 1)
})

test('a batch that a wait brought after the subscription ended is given back', async (t) => {
  const source = new ListSource()
  const finished: number[] = []
  const subscription = fromPull(() => source, {
    onFinished: (batch) => finished.push(numberOf(batch)),
  }).subscribe(() => t.fail())
  await until(() => source.isWaiting)
  // The wait is settled, but its continuation has not run.
  source.push(numbered(5))
  subscription.unsubscribe()
  await settled()
  t.deepEqual(finished, [5])
})

test('a source that never runs dry lets timers and signals happen in between', async (t) => {
  let n = 0
  const endless = {
    name: 'endless',
    tryRead: () => numbered(n++),
    read: () => Promise.reject(broken),
    close: () => undefined,
  }
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  const consumed = lastValueFrom(
    fromPull(() => endless).pipe(
      // A promise that is settled already: its continuation is a microtask, which alone would starve the timer.
      concatMapBatch((batch) => Promise.resolve(numberOf(batch))),
      take(200_000),
      map((last) => [last, ticks] as const),
    ),
  )
  await until(() => ticks > 3)
  clearInterval(timer)
  const [last] = await consumed
  t.is(last, 199_999)
})

test('a signal ends the subscription with its reason', async (t) => {
  const source = new ListSource(1)
  const stop = new AbortController()
  const all = lastValueFrom(fromPull(() => source, { signal: stop.signal }))
  await until(() => source.isWaiting)
  stop.abort(broken)
  const error = await t.throwsAsync(all, { name: 'AbortError', code: 'ERR_QADS_ABORTED' })
  t.is(error.cause, broken)
  t.deepEqual(source.log, ['wait aborted', 'closed'])
  await t.throwsAsync(firstValueFrom(fromPull(() => source, { signal: stop.signal })), { name: 'AbortError' })
})

for (const options of [
  { maxInFlight: 0 },
  { maxInFlight: 1.5 },
  { creditWarningMs: -1 },
  { creditWarningMs: NaN },
]) {
  test(`${JSON.stringify(options)} is refused`, (t) => {
    t.throws(() => fromPull(() => new ListSource(), options), { code: 'ERR_QADS_INVALID_ARGUMENT' })
  })
}

test.serial('a chain that never gives its credit back is named once, with who holds it', async (t) => {
  const warnings: (Error & { code?: string; detail?: string })[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const source = new ListSource(10)
  const holds: (() => void)[] = []
  const subscription = fromPull(() => source, { maxInFlight: 3, creditWarningMs: 1 })
    .pipe(mergeMapBatch((batch) => (numberOf(batch) === 0 ? of(batch) : NEVER)))
    .subscribe((batch) => holds.push(holdCredit(batch, 'my sink')))
  await until(() => warnings.length > 0)
  holds[0]!()
  await until(() => source.taken === 4)
  t.is(warnings.length, 1)
  t.is(warnings[0]!.name, 'QADataSwapWarning')
  t.is(warnings[0]!.code, 'QADS_CREDIT_STALLED')
  t.regex(
    warnings[0]!.message,
    /^arena "list": all .* \(3\) .* none was finished for 1 ms.*held by my sink \(1\), mergeMapBatch \(2\)$/,
  )
  subscription.unsubscribe()
  t.is(source.closed, 1)
})

test.serial('an error that waits for a chain that never gives its credit back is named too', async (t) => {
  const warnings: (Error & { code?: string })[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const source = new ListSource(2).push(broken)
  const subscription = fromPull(() => source, { creditWarningMs: 1 })
    .pipe(mergeMapBatch(() => NEVER))
    .subscribe({ error: () => t.fail() })
  await until(() => warnings.length > 0)
  t.is(warnings[0]!.code, 'QADS_CREDIT_STALLED')
  t.regex(warnings[0]!.message, /^arena "list": batches \(2\) .* its error, .*held by mergeMapBatch \(2\)$/)
  subscription.unsubscribe()
})
