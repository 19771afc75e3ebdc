import test from 'ava'
import { batchByteLength, rowsToBatch } from 'qadataswap'
import { meterLag, meterThroughput } from 'qadataswap/rx'
import { marbles } from './support/marbles.js'

const broken = new Error('broken')
const values = { a: rowsToBatch([{ n: 1 }, { n: 2 }]), b: rowsToBatch([{ n: 3 }]) }
const bytes = { a: batchByteLength(values.a), b: batchByteLength(values.b) }

test('meterThroughput passes batches on and reports each interval, and the rest at the end', (t) => {
  const reports: unknown[] = []
  marbles(t, ({ cold, expectObservable, expectSubscriptions, scheduler }) => {
    const source = cold('-a-b-----------a-|', values)
    const subs = '       ^----------------!'
    const metered = source.pipe(
      meterThroughput(
        ({ batches, rows, bytes, seconds }) => reports.push([scheduler.now(), batches, rows, bytes, seconds]),
        {
          everyMs: 5,
          scheduler,
        },
      ),
    )
    expectObservable(metered).toBe('-a-b-----------a-|', values)
    expectSubscriptions(source.subscriptions).toBe(subs)
  })
  t.deepEqual(reports, [
    [5, 2, 3, bytes.a + bytes.b, 0.005],
    [10, 0, 0, 0, 0.005],
    [15, 1, 2, bytes.a, 0.005],
    [17, 0, 0, 0, 0.002],
  ])
})

test('rates are per second', (t) => {
  const rates: unknown[] = []
  marbles(t, ({ cold, expectObservable, scheduler }) => {
    const metered = cold('a 1s |', values).pipe(
      meterThroughput((s) => rates.push([s.batchesPerSecond, s.rowsPerSecond, s.bytesPerSecond]), {
        everyMs: 500,
        scheduler,
      }),
    )
    expectObservable(metered).toBe('a 1s |', values)
  })
  t.deepEqual(rates[0], [2, 4, 2 * bytes.a])
})

test('a meter reports before it passes an error on, and ends with its subscriber', (t) => {
  const reports: number[] = []
  marbles(t, ({ cold, expectObservable, expectSubscriptions, scheduler }) => {
    const failing = cold('-a-#', values, broken)
    expectObservable(
      failing.pipe(meterThroughput((s) => reports.push(s.rows), { everyMs: 9, scheduler })),
    ).toBe('-a-#', values, broken)
    const open = cold('---a----', values)
    expectObservable(
      open.pipe(meterThroughput(() => reports.push(-1), { everyMs: 9, scheduler })),
      '----!',
    ).toBe('---a-', values)
    expectSubscriptions(open.subscriptions).toBe('^---!')
  })
  t.deepEqual(reports, [2])
})

test('what a report throws is the error', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions, scheduler }) => {
    const source = cold('-a-------', values)
    const report = () => {
      throw broken
    }
    expectObservable(source.pipe(meterThroughput(report, { everyMs: 4, scheduler }))).toBe(
      '-a--#',
      values,
      broken,
    )
    expectSubscriptions(source.subscriptions).toBe('^---!')
  })
})

test('meterLag reports how old batches were, what was lost, and leaves out those that it knows nothing of', (t) => {
  const reports: unknown[] = []
  marbles(t, ({ cold, expectObservable, scheduler }) => {
    const source = cold('-a--b-(ab)-|', values)
    const infoOf = (batch: unknown) =>
      batch === values.a
        ? { sequence: 7, commitTime: 1000 - 2, lost: { count: 3 } }
        : batch === values.b && scheduler.now() > 4
          ? { sequence: 8, commitTime: 2000, lost: null }
          : undefined
    const metered = source.pipe(
      meterLag((s) => reports.push(s), { everyMs: 5, scheduler, infoOf, now: () => 1000 + scheduler.now() }),
    )
    expectObservable(metered).toBe('-a--b-(ab)-|', values)
  })
  t.deepEqual(reports, [
    { batches: 1, meanMs: 3, maxMs: 3, lastMs: 3, lastSequence: 7, lost: 3 },
    // The clock was set back between the writer's commit and the reader's look.
    { batches: 2, meanMs: 4, maxMs: 8, lastMs: 0, lastSequence: 8, lost: 3 },
    { batches: 0, meanMs: 0, maxMs: 0, lastMs: 0, lastSequence: 8, lost: 0 },
  ])
})

test('batches that did not come from an arena have no lag', (t) => {
  const reports: number[] = []
  marbles(t, ({ cold, expectObservable, scheduler }) => {
    expectObservable(cold('-a-|', values).pipe(meterLag((s) => reports.push(s.batches), { scheduler }))).toBe(
      '-a-|',
      values,
    )
  })
  t.deepEqual(reports, [0])
})
