import test from 'ava'
import { Field, type RecordBatch, Schema, TimestampNanosecond, Utf8 } from 'apache-arrow'
import { count, last, rowsToBatch, sum } from 'qadataswap'
import { groupAggregate } from 'qadataswap/rx'
import { take } from 'rxjs'
import { marbles } from './support/marbles.js'

const broken = new Error('broken')
const batch = (...rows: [sym: string | null, size: bigint][]) =>
  rowsToBatch(rows.map(([sym, size]) => ({ sym, size })))
const values = {
  a: batch(['A', 1n], ['B', 2n]),
  b: batch(['A', 3n]),
  c: batch([null, 4n], ['A', 5n], [null, 6n]),
}
const options = { by: ['sym'], aggregates: { n: count(), total: sum('size') } } as const
const out = (...rows: [sym: string | null, n: number, total: bigint][]) =>
  rows.map(([sym, n, total]) => ({ sym, n, total }))

test('without a window the whole stream is one, emitted on completion', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-c-|', values)
    expectObservable(source.pipe(groupAggregate(options))).toBe('-------(x|)', {
      x: out(['A', 3, 9n], ['B', 1, 2n], [null, 2, 10n]),
    })
    expectSubscriptions(source.subscriptions).toBe('^------!')
  })
})

test('a stream without rows gives nothing', (t) => {
  marbles(t, ({ cold, expectObservable }) => {
    expectObservable(cold('-e-|', { e: values.a.slice(0, 0) }).pipe(groupAggregate(options))).toBe('---|')
    expectObservable(cold<RecordBatch>('---|').pipe(groupAggregate(options))).toBe('---|')
  })
})

test('windows of rows cut batches', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-c-|', values)
    expectObservable(source.pipe(groupAggregate({ ...options, window: { rows: 4 } }))).toBe('-----x-(y|)', {
      x: out(['A', 2, 4n], ['B', 1, 2n], [null, 1, 4n]),
      y: out(['A', 1, 5n], [null, 1, 6n]),
    })
    expectSubscriptions(source.subscriptions).toBe('^------!')
  })
})

test('windows of batches end with their last batch', (t) => {
  marbles(t, ({ cold, expectObservable }) => {
    const source = cold('-a-b-c-|', values)
    expectObservable(source.pipe(groupAggregate({ ...options, window: { batches: 2 } }))).toBe(
      '---x---(y|)',
      {
        x: out(['A', 2, 4n], ['B', 1, 2n]),
        y: out([null, 2, 10n], ['A', 1, 5n]),
      },
    )
  })
})

test('windows of milliseconds run from their first row', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions, scheduler }) => {
    const source = cold('-a-b-------c-------|', values)
    const expected = '   ------x---------y--|'
    expectObservable(source.pipe(groupAggregate({ ...options, window: { ms: 5, scheduler } }))).toBe(
      expected,
      {
        x: out(['A', 2, 4n], ['B', 1, 2n]),
        y: out([null, 2, 10n], ['A', 1, 5n]),
      },
    )
    expectSubscriptions(source.subscriptions).toBe('^------------------!')
  })
})

test('windows end with each value of a notifier, whose error is the error', (t) => {
  marbles(t, ({ cold, hot, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b----c--|', values)
    const until = hot('  ----y-y---|')
    expectObservable(source.pipe(groupAggregate({ ...options, window: { until } }))).toBe('----x------(y|)', {
      x: out(['A', 2, 4n], ['B', 1, 2n]),
      y: out([null, 2, 10n], ['A', 1, 5n]),
    })
    expectSubscriptions(until.subscriptions).toBe('^---------!')
    const failing = cold('-a-----|', values)
    expectObservable(
      failing.pipe(groupAggregate({ ...options, window: { until: cold('---#', {}, broken) } })),
    ).toBe('---#', {}, broken)
    expectSubscriptions(failing.subscriptions).toBe('^--!')
  })
})

const schema = new Schema<{ at: TimestampNanosecond; sym: Utf8 }>([
  new Field('at', new TimestampNanosecond(), true),
  new Field('sym', new Utf8(), true),
] as never)
const NOW = 1_700_000_000_000_000_000n
const ticks = (
  ...rows: [offset: bigint | null, sym: string][]
): RecordBatch<{ at: TimestampNanosecond; sym: Utf8 }> =>
  rowsToBatch(
    rows.map(([offset, sym]) => ({ at: offset === null ? null : NOW + offset, sym })),
    schema,
  )

test('windows of time are emitted when a row of a later one comes, with their start as a column', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-c-|', {
      a: ticks([0n, 'A'], [9n, 'B']),
      b: ticks([null, 'C'], [9n, 'A'], [10n, 'A'], [35n, 'B']),
      c: ticks([36n, 'A']),
    })
    const bars = source.pipe(
      groupAggregate({ by: ['sym'], aggregates: { n: count() }, window: { column: 'at', every: 10n } }),
    )
    expectObservable(bars).toBe('---(xy)(z|)', {
      x: [
        { at: NOW, sym: 'A', n: 2 },
        { at: NOW, sym: 'B', n: 1 },
      ],
      y: [{ at: NOW + 10n, sym: 'A', n: 1 }],
      z: [
        { at: NOW + 30n, sym: 'B', n: 1 },
        { at: NOW + 30n, sym: 'A', n: 1 },
      ],
    })
    expectSubscriptions(source.subscriptions).toBe('^------!')
  })
})

test('an error is passed on at once, and the open window is dropped', (t) => {
  marbles(t, ({ cold, expectObservable }) => {
    expectObservable(cold('-a-#', values, broken).pipe(groupAggregate(options))).toBe('---#', {}, broken)
  })
})

test('taking enough windows ends the subscription in the middle of a batch', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-c-a-|', values)
    expectObservable(source.pipe(groupAggregate({ ...options, window: { rows: 1 } }), take(2))).toBe(
      '-(xy|)',
      {
        x: out([null, 1, 4n]),
        y: out(['A', 1, 5n]),
      },
    )
    expectSubscriptions(source.subscriptions).toBe('^!')
  })
})

test('unsubscribing ends source, notifier and timer', (t) => {
  marbles(t, ({ cold, hot, expectObservable, expectSubscriptions, scheduler }) => {
    const source = cold('-a-b----|', values)
    const until = hot('  ------y-|')
    expectObservable(source.pipe(groupAggregate({ ...options, window: { until } })), '---!').toBe('----')
    expectSubscriptions(source.subscriptions).toBe('^--!')
    expectSubscriptions(until.subscriptions).toBe('^--!')
    const timed = cold(' -a-b----|', values)
    expectObservable(timed.pipe(groupAggregate({ ...options, window: { ms: 5, scheduler } })), '---!').toBe(
      '----',
    )
    expectSubscriptions(timed.subscriptions).toBe('^--!')
  })
})

test('bad windows are refused when the chain is built', (t) => {
  const refused = { code: 'ERR_QADS_INVALID_ARGUMENT' }
  t.throws(() => groupAggregate({ ...options, window: { rows: 0 } }), refused)
  t.throws(() => groupAggregate({ ...options, window: { batches: 0.5 } }), refused)
  t.throws(() => groupAggregate({ ...options, window: { ms: -1 } }), refused)
  t.throws(() => groupAggregate({ ...options, window: { column: 'at', every: 0 } }), refused)
  t.throws(() => groupAggregate({ ...options, window: {} as never }), {
    ...refused,
    message: /must have one of rows, batches/,
  })
  t.throws(() => groupAggregate({ by: ['at'], aggregates: {}, window: { column: 'at', every: 1 } }), {
    ...refused,
    message: /"at" is the column of the window starts/,
  })
  t.throws(() => groupAggregate({ by: ['sym'], aggregates: { sym: last('sym') } }), refused)
})
