import { deepStrictEqual } from 'node:assert/strict'
import test from 'ava'
import { Field, Float64, Int32, type RecordBatch, Schema, Utf8 } from 'apache-arrow'
import fc from 'fast-check'
import { AsofJoin, rowsToBatch } from 'qadataswap'
import { asofJoin, withLatestByKey } from 'qadataswap/rx'
import { catchError, of, Subject, take } from 'rxjs'
import { rowsOf } from '../frames/support/cells.js'
import { holds } from '../frames/support/property.js'
import { marbles } from './support/marbles.js'

/* eslint-disable @typescript-eslint/consistent-type-definitions -- an interface is no TypeMap */
type TradeColumns = { at: Int32; sym: Utf8; price: Float64 }
type QuoteColumns = { at: Int32; sym: Utf8; bid: Float64 }
/* eslint-enable @typescript-eslint/consistent-type-definitions */
const fields = (value: string) =>
  [
    new Field('at', new Int32(), true),
    new Field('sym', new Utf8(), true),
    new Field(value, new Float64(), true),
  ] as never
const tradeSchema = new Schema<TradeColumns>(fields('price'))
const quoteSchema = new Schema<QuoteColumns>(fields('bid'))
const trade = (...rows: [at: number, sym: string, price: number][]) =>
  rowsToBatch(
    rows.map(([at, sym, price]) => ({ at, sym, price })),
    tradeSchema,
  )
const quote = (...rows: [at: number, sym: string, bid: number][]) =>
  rowsToBatch(
    rows.map(([at, sym, bid]) => ({ at, sym, bid })),
    quoteSchema,
  )
const joined = (...rows: [at: number, sym: string, price: number, bid: number | null][]) =>
  rows.map(([at, sym, price, bid]) => ({ at, sym, price, bid }))

const broken = new Error('broken')
const on = { on: 'at', by: ['sym'] } as const
const q = {
  p: quote([1, 'A', 10], [2, 'B', 20]),
  q: quote([4, 'A', 11], [5, 'B', 21]),
  r: quote([9, 'A', 12]),
}
const l = { a: trade([3, 'A', 1]), b: trade([5, 'B', 2], [5, 'A', 3]), c: trade([9, 'C', 4]) }

test('asofJoin emits a left batch when the right side is past it', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const left = cold('  a-b----c-|', l)
    const right = cold(' -p--q--r----|', q)
    const leftSubs = '   ^--------!'
    const rightSubs = '  ^-----------!'
    const expected = '   ----x--y----(z|)'
    expectObservable(left.pipe(asofJoin(right, on))).toBe(expected, {
      x: joined([3, 'A', 1, 10]),
      y: joined([5, 'B', 2, 21], [5, 'A', 3, 11]),
      z: joined([9, 'C', 4, null]),
    })
    expectSubscriptions(left.subscriptions).toBe(leftSubs)
    expectSubscriptions(right.subscriptions).toBe(rightSubs)
  })
})

test('asofJoin emits at once what the right side is already past, and completes with the left', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const left = cold(' ---a-b---|', l)
    const right = cold('pqr------------|', q)
    expectObservable(left.pipe(asofJoin(right, on))).toBe('---x-y---|', {
      x: joined([3, 'A', 1, 10]),
      y: joined([5, 'B', 2, 21], [5, 'A', 3, 11]),
    })
    expectSubscriptions(right.subscriptions).toBe('^--------!')
  })
})

test('asofJoin waits no longer than maxDelayMs', (t) => {
  marbles(t, ({ cold, expectObservable, scheduler }) => {
    const left = cold('  -a-b---------|', l)
    const right = cold(' p-------------', q)
    const expected = '   ------x-y----|'
    expectObservable(left.pipe(asofJoin(right, { ...on, maxDelayMs: 5, scheduler }))).toBe(expected, {
      x: joined([3, 'A', 1, 10]),
      y: joined([5, 'B', 2, 20], [5, 'A', 3, 10]),
    })
  })
})

test('an error of either side is passed on at once and ends the other', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const left = cold(' a---#', l, broken)
    const right = cold('------p', q)
    expectObservable(left.pipe(asofJoin(right, on))).toBe('----#', {}, broken)
    expectSubscriptions(right.subscriptions).toBe('^---!')
    const other = cold('a------|', l)
    expectObservable(other.pipe(asofJoin(cold<RecordBatch>('--#', {}, broken), on))).toBe('--#', {}, broken)
    expectSubscriptions(other.subscriptions).toBe('^-!')
  })
})

test('unsubscribing, and taking enough, end both sides', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const left = cold(' ---a-b---|', l)
    const right = cold('pqr------------|', q)
    expectObservable(left.pipe(asofJoin(right, on), take(1))).toBe('---(x|)', { x: joined([3, 'A', 1, 10]) })
    expectSubscriptions(left.subscriptions).toBe('^--!')
    expectSubscriptions(right.subscriptions).toBe(['^--!', '^-!'])
    const open = cold(' ---a-b---|', l)
    expectObservable(open.pipe(asofJoin(right, on)), '--!').toBe('---')
    expectSubscriptions(open.subscriptions).toBe('^-!')
  })
})

test('rows that go back in time are the error', (t) => {
  marbles(t, ({ cold, expectObservable }) => {
    const left = cold('-a-b-|', { a: trade([3, 'A', 1]), b: trade([2, 'A', 1]) })
    const code = catchError((error: { code: string }) => of(error.code))
    expectObservable(left.pipe(asofJoin(cold('r', q), on), code)).toBe('-x-(e|)', {
      x: joined([3, 'A', 1, null]),
      e: 'ERR_QADS_OUT_OF_ORDER',
    })
  })
})

test('however two Observables interleave, asofJoin gives the join of the two as whole tables', (t) => {
  const rows = fc.array(fc.record({ step: fc.nat(2), sym: fc.constantFrom('A', 'B'), value: fc.nat(9) }), {
    maxLength: 25,
  })
  holds(
    t,
    fc.property(
      rows,
      rows,
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 5 }))),
      (lefts, rights, schedule) => {
        const timed = (all: { step: number; sym: string; value: number }[]) => {
          let at = 0
          return all.map(({ step, sym, value }) => [(at += step), sym, value] as [number, string, number])
        }
        const [leftRows, rightRows] = [timed(lefts), timed(rights)]
        const whole = new AsofJoin({ ...on, rightSchema: quoteSchema })
        whole.addRight(quote(...rightRows))
        whole.endRight()
        const expected = rowsOf(whole.join(trade(...leftRows)))

        const [left, right] = [
          new Subject<RecordBatch<TradeColumns>>(),
          new Subject<RecordBatch<QuoteColumns>>(),
        ]
        const out: RecordBatch[] = []
        let completed = false
        left
          .pipe(asofJoin(right, { ...on, rightSchema: quoteSchema }))
          .subscribe({ next: (batch) => out.push(batch), complete: () => (completed = true) })
        const [restLeft, restRight] = [[...leftRows], [...rightRows]]
        for (const [isLeft, size] of schedule) {
          if (isLeft) left.next(trade(...restLeft.splice(0, size)))
          else right.next(quote(...restRight.splice(0, size)))
        }
        left.next(trade(...restLeft))
        left.complete()
        right.next(quote(...restRight))
        right.complete()
        deepStrictEqual(out.flatMap(rowsOf), expected)
        deepStrictEqual(completed, true)
      },
    ),
    { numRuns: 300 },
  )
})

test('withLatestByKey puts the row that came last beside each row, whatever their times', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const left = cold('   --a-b---c|', l)
    const right = cold('  p--q--r---', q)
    const rightSubs = '   ^--------!'
    const expected = '    --x-y---z|'
    const row = (at: number, sym: string, price: number, seen: number | null, bid: number | null) => ({
      at,
      sym,
      price,
      at_right: seen,
      bid,
    })
    expectObservable(left.pipe(withLatestByKey(right, { by: ['sym'] }))).toBe(expected, {
      x: [row(3, 'A', 1, 1, 10)],
      y: [row(5, 'B', 2, 5, 21), row(5, 'A', 3, 4, 11)],
      z: [row(9, 'C', 4, null, null)],
    })
    expectSubscriptions(right.subscriptions).toBe(rightSubs)
  })
})

test('before the first right batch, batches wait for it, unless its schema is given', (t) => {
  marbles(t, ({ cold, expectObservable }) => {
    const left = cold(' a-------|', l)
    const right = cold('----p----', q)
    const x = [{ at: 3, sym: 'A', price: 1, at_right: 1, bid: 10 }]
    const n = [{ at: 3, sym: 'A', price: 1, at_right: null, bid: null }]
    expectObservable(left.pipe(withLatestByKey(right, { by: ['sym'] }))).toBe('----x---|', { x })
    expectObservable(left.pipe(withLatestByKey(right, { by: ['sym'], rightSchema: quoteSchema }))).toBe(
      'n-------|',
      { n },
    )
    expectObservable(cold('a|', l).pipe(withLatestByKey(right, { by: ['sym'] }))).toBe('----(x|)', { x })
  })
})

test('withLatestByKey drops rows of unknown keys when asked, and batches of nothing else', (t) => {
  marbles(t, ({ cold, expectObservable }) => {
    const left = cold(' -a-c-|', l)
    const right = cold('p|', q)
    expectObservable(
      left.pipe(withLatestByKey(right, { by: ['sym'], unmatched: 'drop', suffix: '_quoted' })),
    ).toBe('-x---|', {
      x: [{ at: 3, sym: 'A', price: 1, at_quoted: 1, bid: 10 }],
    })
  })
})

test('errors and the end of withLatestByKey end both sides', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const left = cold(' -a------|', l)
    const right = cold('p--#', q, broken)
    const x = [{ at: 3, sym: 'A', price: 1, at_right: 1, bid: 10 }]
    expectObservable(left.pipe(withLatestByKey(right, { by: ['sym'] }))).toBe('-x-#', { x }, broken)
    expectSubscriptions(left.subscriptions).toBe(['^--!', '^-!'])
    const open = cold('p---', q)
    expectObservable(left.pipe(withLatestByKey(open, { by: ['sym'] })), '--!').toBe('-x-', { x })
    expectSubscriptions(open.subscriptions).toBe('^-!')
  })
})

test('bad options of asofJoin are refused when the chain is built', (t) => {
  t.throws(() => asofJoin(of(), { on: 'at', maxRightRows: 0 }), { code: 'ERR_QADS_INVALID_ARGUMENT' })
  t.throws(() => asofJoin(of(), { on: 'at', maxDelayMs: -1 }), { code: 'ERR_QADS_INVALID_ARGUMENT' })
})
