/* eslint-disable @typescript-eslint/no-unused-vars, @typescript-eslint/no-unnecessary-type-assertion -- only the types matter */
/** What the compiler infers of chains of operators; compiled with the tests, never run. */
import type {
  Bool,
  DataType,
  Dictionary,
  Float64,
  Int32,
  Int64,
  List,
  RecordBatch,
  Struct,
  TimestampMillisecond,
  TimestampNanosecond,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow'
import { type ArenaBatch, batchToRows, count, first, max, mean, rowsToBatch, sum } from 'qadataswap'
import {
  asofJoin,
  bufferRows,
  concatMapBatch,
  dropColumns,
  filterRows,
  fromArena,
  groupAggregate,
  mergeMapBatch,
  meterLag,
  meterThroughput,
  rebatchBytes,
  rebatchRows,
  rebatchTime,
  reduceColumns,
  renameColumns,
  selectColumns,
  sliceRows,
  switchMapBatch,
  toArena,
  withLatestByKey,
} from 'qadataswap/rx'
import type { Observable, ObservedValueOf } from 'rxjs'
import { type Equal, expectTrue } from './equal.js'

/* eslint-disable @typescript-eslint/consistent-type-definitions -- an interface is no TypeMap */
type Trades = {
  time: TimestampNanosecond
  sym: Dictionary<Utf8, Int32>
  price: Float64
  size: Int64
  buy: Bool
}
type Quotes = { time: TimestampNanosecond; sym: Dictionary<Utf8, Int32>; bid: Float64; size: Int64 }
/* eslint-enable @typescript-eslint/consistent-type-definitions */

const trades = fromArena<Trades>('trades')
const quotes = fromArena<Quotes>('quotes')

/** The columns of the batches of an Observable. */
type ColumnsOf<O extends Observable<unknown>> = ObservedValueOf<O> extends RecordBatch<infer T> ? T : never

expectTrue<Equal<ObservedValueOf<typeof trades>, ArenaBatch<Trades>>>()

const selected = trades.pipe(selectColumns(['price', 'sym']))
expectTrue<Equal<ColumnsOf<typeof selected>, Pick<Trades, 'price' | 'sym'>>>()
const dropped = trades.pipe(dropColumns(['price', 'sym']))
expectTrue<Equal<keyof ColumnsOf<typeof dropped>, 'time' | 'size' | 'buy'>>()
const renamed = trades.pipe(renameColumns({ price: 'last' }), selectColumns(['last', 'size']))
expectTrue<Equal<ColumnsOf<typeof renamed>['last'], Float64>>()

const passed = trades.pipe(
  meterLag(() => undefined),
  meterThroughput(() => undefined),
)
expectTrue<Equal<ObservedValueOf<typeof passed>, ArenaBatch<Trades>>>()
const shaped = trades.pipe(
  filterRows(['price', 'buy'], (price, buy) => {
    expectTrue<Equal<typeof price, number | null>>()
    expectTrue<Equal<typeof buy, boolean | null>>()
    return buy === true && price !== null
  }),
  sliceRows(10),
  rebatchRows(100),
  rebatchBytes(1000),
  rebatchTime(10),
)
expectTrue<Equal<ObservedValueOf<typeof shaped>, RecordBatch<Trades>>>()
const buffered = trades.pipe(bufferRows(10))
expectTrue<Equal<ObservedValueOf<typeof buffered>, RecordBatch<Trades>[]>>()

const reduced = trades.pipe(
  reduceColumns({
    n: count(),
    volume: sum('size'),
    value: sum('price'),
    high: max('price'),
    name: first('sym'),
    mid: mean('size'),
  }),
)
type Reduced = ObservedValueOf<typeof reduced>
expectTrue<Equal<Reduced['n'], number>>()
expectTrue<Equal<Reduced['volume'], bigint | null>>()
expectTrue<Equal<Reduced['value'], number | null>>()
expectTrue<Equal<Reduced['high'], number | null>>()
expectTrue<Equal<Reduced['name'], string | null>>()
expectTrue<Equal<Reduced['mid'], number | null>>()

const grouped = trades.pipe(
  groupAggregate({
    by: ['sym'],
    aggregates: { n: count('price'), volume: sum('size'), buys: sum('buy'), high: max('price') },
  }),
)
type Grouped = ColumnsOf<typeof grouped>
expectTrue<Equal<keyof Grouped, 'sym' | 'n' | 'volume' | 'buys' | 'high'>>()
expectTrue<Equal<Grouped['sym'], Utf8>>()
expectTrue<Equal<Grouped['n'], Uint32>>()
expectTrue<Equal<Grouped['volume'], Int64>>()
expectTrue<Equal<Grouped['buys'], Uint64>>()
expectTrue<Equal<Grouped['high'], Float64>>()
const bars = trades.pipe(
  groupAggregate({
    by: ['sym'],
    aggregates: { open: first('price') },
    window: { column: 'time', every: 10n ** 9n },
  }),
)
expectTrue<Equal<keyof ColumnsOf<typeof bars>, 'time' | 'sym' | 'open'>>()
expectTrue<Equal<ColumnsOf<typeof bars>['time'], TimestampNanosecond>>()

const joined = trades.pipe(asofJoin(quotes, { on: 'time', by: ['sym'] }))
type Joined = ColumnsOf<typeof joined>
expectTrue<Equal<keyof Joined, keyof Trades | 'bid' | 'size_right'>>()
expectTrue<Equal<Joined['bid'], Float64>>()
const stamped = trades.pipe(
  asofJoin(quotes, { on: 'time', by: ['sym'], suffix: '_quoted', rightTime: 'quoted' }),
)
expectTrue<Equal<keyof ColumnsOf<typeof stamped>, keyof Trades | 'bid' | 'size_quoted' | 'quoted'>>()
expectTrue<Equal<ColumnsOf<typeof stamped>['quoted'], TimestampNanosecond>>()
const latest = trades.pipe(withLatestByKey(quotes, { by: ['sym'] }))
expectTrue<Equal<keyof ColumnsOf<typeof latest>, keyof Trades | 'time_right' | 'bid' | 'size_right'>>()

const saved = trades.pipe(concatMapBatch(async (batch, index) => ({ rows: batch.numRows, index })))
expectTrue<Equal<ObservedValueOf<typeof saved>, { rows: number; index: number }>>()
const merged = trades.pipe(mergeMapBatch((batch) => [batch], 2))
expectTrue<Equal<ObservedValueOf<typeof merged>, ArenaBatch<Trades>>>()
const switched = trades.pipe(switchMapBatch(() => quotes))
expectTrue<Equal<ObservedValueOf<typeof switched>, ArenaBatch<Quotes>>>()
const written = trades.pipe(toArena('copy'))
expectTrue<Equal<ObservedValueOf<typeof written>, number | null>>()

// What does not fit the columns does not compile.
export const refused = () => {
  // @ts-expect-error -- there is no such column
  trades.pipe(selectColumns(['prize']))
  // @ts-expect-error -- there is no such column
  trades.pipe(filterRows(['prize'], () => true))
  // @ts-expect-error -- a price is no string
  trades.pipe(filterRows(['price'], (price: string) => price === ''))
  // @ts-expect-error -- there is no such column
  trades.pipe(reduceColumns({ total: sum('prize') }))
  // @ts-expect-error -- there is no such key
  trades.pipe(groupAggregate({ by: ['symbol'], aggregates: {} }))
  // @ts-expect-error -- only one side has the column
  trades.pipe(asofJoin(quotes, { on: 'bid' }))
  // @ts-expect-error -- only one side has the column
  trades.pipe(withLatestByKey(quotes, { by: ['price'] }))
}

// Without a schema type, everything is allowed.
const untyped = fromArena('untyped').pipe(
  selectColumns(['a', 'b']),
  filterRows(['a'], (a) => (a as number) > 0),
  groupAggregate({ by: ['b'], aggregates: { n: count() } }),
)
expectTrue<Equal<ColumnsOf<typeof untyped>['n'], Uint32>>()

// Rows know the types of their columns, and columns those of their rows.
const batch = rowsToBatch([
  {
    n: 1,
    id: 1n,
    word: 'x',
    flag: true as boolean | null,
    at: new Date(),
    list: [1],
    point: { x: 1 },
    maybe: null as number | null,
  },
])
type Columns = typeof batch extends RecordBatch<infer T> ? T : never
expectTrue<Equal<Columns['n'], Float64>>()
expectTrue<Equal<Columns['id'], Int64>>()
expectTrue<Equal<Columns['word'], Utf8>>()
expectTrue<Equal<Columns['flag'], Bool>>()
expectTrue<Equal<Columns['at'], TimestampMillisecond>>()
expectTrue<Equal<Columns['list'], List<Float64>>>()
expectTrue<Equal<Columns['point'], Struct<{ x: Float64 }>>>()
expectTrue<Equal<Columns['maybe'], Float64>>()
const mixed = rowsToBatch([{ x: 1 as number | string }])
expectTrue<Equal<(typeof mixed extends RecordBatch<infer T> ? T : never)['x'], DataType>>()
const [row] = batchToRows(batch)
expectTrue<Equal<NonNullable<typeof row>['n'], number | null>>()
expectTrue<Equal<NonNullable<typeof row>['at'], number | null>>()
expectTrue<Equal<NonNullable<typeof row>['list'], unknown[] | null>>()
const [dated] = batchToRows(batch, { timestamps: 'date' })
expectTrue<Equal<NonNullable<typeof dated>['at'], Date | null>>()
