import test from 'ava'
import { batchByteLength, rowsToBatch } from 'qadataswap'
import { bufferRows, rebatchBytes, rebatchRows, rebatchTime } from 'qadataswap/rx'
import { of, range, map, take, toArray } from 'rxjs'
import { numbered } from './support/fake_source.js'
import { marbles } from './support/marbles.js'

const broken = new Error('broken')
const batch = (...numbers: number[]) => rowsToBatch(numbers.map((n) => ({ n })))
const rows = (...numbers: number[]) => numbers.map((n) => ({ n }))
const values = { a: batch(1, 2, 3), b: batch(4, 5, 6), c: batch(7, 8, 9) }

test('rebatchRows emits as soon as a batch is full, and the rest on completion', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-c-|', values)
    const subs = '       ^------!'
    const expected = '   ---x-y-(z|)'
    expectObservable(source.pipe(rebatchRows(4))).toBe(expected, {
      x: rows(1, 2, 3, 4),
      y: rows(5, 6, 7, 8),
      z: rows(9),
    })
    expectSubscriptions(source.subscriptions).toBe(subs)
  })
})

test('rebatchRows cuts a large batch into several at once', (t) => {
  marbles(t, ({ cold, expectObservable }) => {
    const expected = { x: rows(1), y: rows(2), z: rows(3) }
    expectObservable(cold('-a------|', values).pipe(rebatchRows(1))).toBe('-(xyz)--|', expected)
  })
})

test('rebatchRows passes an error on at once and drops the rows that wait', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-#', values, broken)
    expectObservable(source.pipe(rebatchRows(4))).toBe('---#', {}, broken)
    expectSubscriptions(source.subscriptions).toBe('^--!')
  })
})

test('rebatchRows ends its subscription with its own, in the middle of a batch too', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-|', values)
    expectObservable(source.pipe(rebatchRows(1), take(2))).toBe('-(xy|)', { x: rows(1), y: rows(2) })
    expectSubscriptions(source.subscriptions).toBe('^!')
    const open = cold('  -a-b-|', values)
    const unsub = '      --!'
    expectObservable(open.pipe(rebatchRows(4)), unsub).toBe('---')
    expectSubscriptions(open.subscriptions).toBe('^-!')
  })
})

test('each subscription fills batches of its own', (t) => {
  marbles(t, ({ cold, hot, expectObservable }) => {
    const source = hot('-a-b-c-|', values)
    const rebatched = source.pipe(rebatchRows(6))
    expectObservable(rebatched).toBe('      ---x---(y|)', { x: rows(1, 2, 3, 4, 5, 6), y: rows(7, 8, 9) })
    expectObservable(rebatched, '--^').toBe('-----x-|', { x: rows(4, 5, 6, 7, 8, 9) })
    expectObservable(cold('|')).toBe('|')
  })
})

test('a source that emits without end while it is subscribed to is stopped by take', (t) => {
  const seen: number[] = []
  range(0, 1_000_000)
    .pipe(
      map((n) => {
        seen.push(n)
        return numbered(n)
      }),
      rebatchRows(2),
      take(3),
    )
    .subscribe()
  t.is(seen.length, 6)
})

test('rebatchBytes emits when the next row does not fit', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-c-|', values)
    const four = batchByteLength(batch(1, 2, 3)) + batchByteLength(batch(4))
    expectObservable(source.pipe(rebatchBytes(four))).toBe('---x-y-(z|)', {
      x: rows(1, 2, 3, 4),
      y: rows(5, 6, 7, 8),
      z: rows(9),
    })
    expectSubscriptions(source.subscriptions).toBe('^------!')
  })
})

test('rebatchTime emits what gathered in the time from the first row that waits', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions, scheduler }) => {
    const source = cold('-a-b-------c-----|', values)
    const subs = '       ^----------------!'
    const expected = '   ------x---------y|'
    expectObservable(source.pipe(rebatchTime(5, { scheduler }))).toBe(expected, {
      x: rows(1, 2, 3, 4, 5, 6),
      y: rows(7, 8, 9),
    })
    expectSubscriptions(source.subscriptions).toBe(subs)
  })
})

test('rebatchTime emits earlier when enough rows have gathered, and the time of the others begins anew', (t) => {
  marbles(t, ({ cold, expectObservable, scheduler }) => {
    const source = cold('-a-b--------|', values)
    const expected = '   ---x----y---|'
    expectObservable(source.pipe(rebatchTime(5, { maxRows: 4, scheduler }))).toBe(expected, {
      x: rows(1, 2, 3, 4),
      y: rows(5, 6),
    })
  })
})

test('rebatchTime emits the rest on completion, and drops it on an error', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions, scheduler }) => {
    expectObservable(cold('-a-|', values).pipe(rebatchTime(5, { scheduler }))).toBe('---(x|)', {
      x: rows(1, 2, 3),
    })
    expectObservable(cold('-a-#', values, broken).pipe(rebatchTime(5, { scheduler }))).toBe(
      '---#',
      {},
      broken,
    )
    const open = cold('  -a-b-|', values)
    expectObservable(open.pipe(rebatchTime(5, { scheduler })), '--!').toBe('---')
    expectSubscriptions(open.subscriptions).toBe('^-!')
  })
})

test('bufferRows gives arrays of whole batches', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-c-|', values)
    expectObservable(source.pipe(bufferRows(5))).toBe('---x---(y|)', {
      x: [rows(1, 2, 3), rows(4, 5, 6)],
      y: [rows(7, 8, 9)],
    })
    expectSubscriptions(source.subscriptions).toBe('^------!')
    expectObservable(cold('-a-#', values, broken).pipe(bufferRows(5))).toBe('---#', {}, broken)
  })
})

test('bufferRows copies the batches that wait, not the one that completes an array', (t) => {
  const [first, second] = [batch(1), batch(2)]
  of(first, second)
    .pipe(bufferRows(2), toArray())
    .subscribe(([all]) => {
      t.not(all![0], first)
      t.is(all![1], second)
    })
})

for (const [name, make] of [
  ['rebatchRows(0)', () => rebatchRows(0)],
  ['rebatchBytes(0.5)', () => rebatchBytes(0.5)],
  ['rebatchTime(-1)', () => rebatchTime(-1)],
  ['rebatchTime(1, { maxRows: 0 })', () => rebatchTime(1, { maxRows: 0 })],
  ['bufferRows(NaN)', () => bufferRows(NaN)],
] as const) {
  test(`${name} is refused when the chain is built`, (t) => {
    t.throws(make, { code: 'ERR_QADS_INVALID_ARGUMENT' })
  })
}
