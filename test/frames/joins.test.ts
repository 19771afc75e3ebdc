import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import test from 'ava'
import { Field, Float64, Int32, type RecordBatch, Schema, TimestampNanosecond, Utf8 } from 'apache-arrow'
import fc from 'fast-check'
import { AsofJoin, type AsofOptions, LatestJoin, rowsToBatch, sliceRows } from 'qadataswap'
import { rowsOf } from './support/cells.js'
import { holds } from './support/property.js'

interface Quote {
  sym: string | null
  at: bigint | null
  bid: number | null
}
interface Trade {
  sym: string | null
  at: bigint | null
  price: number | null
}

const quoteSchema = new Schema<{ sym: Utf8; at: TimestampNanosecond; bid: Float64 }>([
  new Field('sym', new Utf8(), true),
  new Field('at', new TimestampNanosecond(), true),
  new Field('bid', new Float64(), true),
] as never)
const tradeSchema = new Schema<{ at: TimestampNanosecond; sym: Utf8; price: Float64 }>([
  new Field('at', new TimestampNanosecond(), true),
  new Field('sym', new Utf8(), true),
  new Field('price', new Float64(), true),
] as never)

/** Nanoseconds of today, which doubles cannot tell apart. */
const NOW = 1_700_000_000_000_000_000n

const cell = fc.record({
  sym: fc.option(fc.constantFrom('A', 'B', 'C', ''), { freq: 8 }),
  step: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 8 }),
  value: fc.option(fc.integer({ min: 0, max: 99 }), { freq: 8 }),
})

/** Rows sorted by time, some times alike. */
const sorted = fc.array(cell, { maxLength: 30 }).map((cells) => {
  let at = NOW
  return cells.map(({ sym, step, value }) => {
    at += BigInt(step ?? 0)
    return { sym, at: step === null ? null : at, value }
  })
})
const quotes = sorted.map((rows) => rows.map(({ value, ...row }): Quote => ({ ...row, bid: value })))
const trades = sorted.map((rows) => rows.map(({ value, ...row }): Trade => ({ ...row, price: value })))
const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 10 })

/** The rows as batches of the given sizes, over and over. */
function cut(rows: readonly object[], schema: Schema, sizes: readonly number[]): RecordBatch[] {
  const whole: RecordBatch = rowsToBatch(rows, schema)
  const parts: RecordBatch[] = []
  for (let at = 0, i = 0; at < rows.length; at += sizes[i++ % sizes.length]!) {
    parts.push(sliceRows(whole, at, at + sizes[i % sizes.length]!))
  }
  return parts
}

type Options = Partial<Pick<AsofOptions<never, never, never>, 'tolerance' | 'exactMatches' | 'unmatched'>>

/** Compares each trade with each quote. */
function naive(
  left: readonly Trade[],
  right: readonly Quote[],
  { tolerance, exactMatches = true, unmatched }: Options,
): object[] {
  return left.flatMap((trade) => {
    const matches = right.filter(
      (quote) =>
        quote.sym !== null &&
        quote.sym === trade.sym &&
        quote.at !== null &&
        trade.at !== null &&
        (exactMatches ? quote.at <= trade.at : quote.at < trade.at),
    )
    const last = matches.at(-1)
    const match =
      last !== undefined && (tolerance === undefined || trade.at! - last.at! <= tolerance) ? last : undefined
    if (match === undefined && unmatched === 'drop') return []
    return [
      {
        at: trade.at,
        sym: trade.sym,
        price: trade.price,
        bid: match?.bid ?? null,
        quoted: match?.at ?? null,
      },
    ]
  })
}

const options = fc.record<Options>(
  {
    tolerance: fc.constantFrom(0n, 1n, 3),
    exactMatches: fc.boolean(),
    unmatched: fc.constantFrom('null', 'drop'),
  },
  { requiredKeys: [] },
)

test('an as-of join gives what comparing every row with every other gives, whatever the batches and whichever side is ahead', (t) => {
  holds(
    t,
    fc.property(
      trades,
      quotes,
      cuts,
      cuts,
      fc.array(fc.boolean()),
      options,
      (left, right, leftCuts, rightCuts, order, how) => {
        const join = new AsofJoin({
          on: 'at',
          by: ['sym'],
          rightTime: 'quoted',
          rightSchema: quoteSchema,
          ...how,
        })
        const lefts = cut(left, tradeSchema, leftCuts)
        const rights = cut(right, quoteSchema, rightCuts)
        const waiting: RecordBatch[] = []
        const out: RecordBatch[] = []
        const emit = () => {
          while (waiting.length > 0 && join.isReady(waiting[0]!)) out.push(join.join(waiting.shift()!))
        }
        for (let i = 0; lefts.length + rights.length > 0; i++) {
          const fromLeft = rights.length === 0 || (lefts.length > 0 && order[i % order.length] === true)
          if (fromLeft) {
            const batch = lefts.shift()!
            join.seeLeft(batch)
            waiting.push(batch)
          } else {
            join.addRight(rights.shift()!)
          }
          emit()
        }
        join.endRight()
        emit()
        strictEqual(waiting.length, 0)
        deepStrictEqual(out.flatMap(rowsOf), naive(left, right, how))
      },
    ),
    { numRuns: 500 },
  )
})

test('only what can still match is kept, however long the stream', (t) => {
  const join = new AsofJoin({ on: 'at', by: ['sym'] })
  const syms = ['A', 'B', 'C', 'D']
  let most = 0
  for (let i = 0; i < 500; i++) {
    const times = Array.from({ length: 100 }, (_, k) => NOW + BigInt(i * 100 + k))
    join.addRight(
      rowsToBatch(
        times.map((at, k) => ({ sym: syms[k % 4]!, at, bid: k })),
        quoteSchema,
      ) as RecordBatch,
    )
    const left = rowsToBatch(
      [{ at: NOW + BigInt(i * 100 + 99), sym: 'A', price: 1 }],
      tradeSchema,
    ) as RecordBatch
    join.seeLeft(left)
    deepStrictEqual(rowsOf(join.join(left))[0]!['bid'], 96)
    most = Math.max(most, join.bufferedRows)
  }
  t.true(most < 2200, `${most} rows were kept of 50000`)
})

test('a left batch is ready when the right side is past its last row, not before', (t) => {
  const join = new AsofJoin({ on: 'at', by: ['sym'] })
  const left = rowsToBatch(
    [
      { at: NOW + 5n, sym: 'A', price: 1 },
      { at: null, sym: 'A', price: 1 },
    ],
    tradeSchema,
  ) as RecordBatch
  join.seeLeft(left)
  t.false(join.isReady(left))
  join.addRight(rowsToBatch([{ sym: 'A', at: NOW + 5n, bid: 1 }], quoteSchema) as RecordBatch)
  t.false(join.isReady(left), 'another row of the same time may follow')
  join.addRight(rowsToBatch([{ sym: 'B', at: NOW + 6n, bid: 2 }], quoteSchema) as RecordBatch)
  t.true(join.isReady(left))
})

test('without key columns, all rows are of one key', (t) => {
  const join = new AsofJoin({ on: 'at' })
  join.addRight(
    rowsToBatch([
      { at: 1, bid: 10 },
      { at: 3, bid: 30 },
    ]) as RecordBatch,
  )
  join.endRight()
  t.deepEqual(
    rowsOf(join.join(rowsToBatch([{ at: 0 }, { at: 2.5 }, { at: NaN }, { at: 3 }]) as RecordBatch)),
    [
      { at: 0, bid: null },
      { at: 2.5, bid: 10 },
      { at: NaN, bid: null },
      { at: 3, bid: 30 },
    ],
  )
})

test('columns of one name get a suffix', (t) => {
  const join = new AsofJoin({ on: 'at', suffix: '_quote' })
  join.addRight(rowsToBatch([{ at: 1, size: 10 }]) as RecordBatch)
  join.endRight()
  t.deepEqual(rowsOf(join.join(rowsToBatch([{ at: 1, size: 5 }]) as RecordBatch)), [
    { at: 1, size: 5, size_quote: 10 },
  ])
  t.throws(() => join.join(rowsToBatch([{ at: 1, size: 5, size_quote: 1 }]) as RecordBatch), {
    code: 'ERR_QADS_INVALID_ARGUMENT',
  })
})

test('time that goes back is refused with the side, the row and both times', (t) => {
  const join = new AsofJoin({ on: 'at' })
  join.addRight(rowsToBatch([{ at: 2 }]) as RecordBatch)
  const error = t.throws(() => join.addRight(rowsToBatch([{ at: 3 }, { at: 1 }]) as RecordBatch), {
    code: 'ERR_QADS_OUT_OF_ORDER',
  })
  t.is(
    error.message,
    'row 1 of the right side: "at" goes back from 3 to 1; an as-of join needs both sides sorted by time',
  )
  t.throws(() => join.seeLeft(rowsToBatch([{ at: 3 }, { at: 1 }]) as RecordBatch), {
    message: /row 1 of the left side/,
  })
})

test('time columns of two types are refused', (t) => {
  const join = new AsofJoin({ on: 'at' })
  join.seeLeft(rowsToBatch([{ at: 1 }]) as RecordBatch)
  const error = t.throws(() => join.addRight(rowsToBatch([{ at: 1n }]) as RecordBatch), {
    code: 'ERR_QADS_COLUMN_TYPE',
  })
  t.is(error.message, '"at" is Float64 on the left and Int64 on the right; cast one of them')
})

test('a time column of strings is refused', (t) => {
  t.throws(() => new AsofJoin({ on: 'at' }).seeLeft(rowsToBatch([{ at: 'noon' }]) as RecordBatch), {
    code: 'ERR_QADS_COLUMN_TYPE',
    message: 'an as-of join on "at" does not work on Utf8; it takes times and numbers',
  })
})

const updates = fc.array(
  fc.record({
    side: fc.constantFrom('left', 'right'),
    rows: fc.array(
      fc.record({
        id: fc.option(fc.integer({ min: 0, max: 4 }), { freq: 8 }),
        sym: fc.constantFrom('A', 'B'),
        value: fc.integer(),
      }),
      { maxLength: 6 },
    ),
  }),
  { maxLength: 20 },
)
const latestSchema = new Schema([
  new Field('id', new Int32(), true),
  new Field('sym', new Utf8(), true),
  new Field('value', new Int32(), true),
])

test('the latest row of each key is the last that came, also for keys of several columns', (t) => {
  holds(
    t,
    fc.property(updates, fc.constantFrom<'null' | 'drop'>('null', 'drop'), (steps, unmatched) => {
      const join = new LatestJoin({ by: ['id', 'sym'], unmatched, rightSchema: latestSchema })
      const latest = new Map<string, number>()
      for (const { side, rows } of steps) {
        const batch: RecordBatch = rowsToBatch(rows, latestSchema)
        if (side === 'right') {
          join.addRight(batch)
          for (const row of rows) if (row.id !== null) latest.set(`${row.id}${row.sym}`, row.value)
        } else {
          const expected = rows.map((row) => ({
            ...row,
            value_right: latest.get(`${row.id}${row.sym}`) ?? null,
          }))
          deepStrictEqual(
            rowsOf(join.join(batch)),
            expected.filter((row) => unmatched === 'null' || row.value_right !== null),
          )
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('many updates of few keys keep few rows', (t) => {
  const join = new LatestJoin({ by: ['id'] })
  for (let i = 0; i < 20_000; i++) join.addRight(rowsToBatch([{ id: i % 10, value: i }]) as RecordBatch)
  t.deepEqual(rowsOf(join.join(rowsToBatch([{ id: 3 }]) as RecordBatch)), [{ id: 3, value: 19_993 }])
  // The store keeps at most as many spare rows as it takes to make compacting worth it.
  t.true((join as unknown as { store: { stored: number } }).store.stored < 5000)
})
