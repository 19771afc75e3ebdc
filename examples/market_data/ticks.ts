/** Trades and quotes that are the same in every process: made from a seed, in order of time. */
import { Field, Float64, Int32, type RecordBatch, Schema, TimestampNanosecond, Utf8 } from 'apache-arrow'
import { rowsToBatch } from 'qadataswap'

export const SYMBOLS = ['AAA', 'BBB', 'CCC'] as const
const START_NS = 1_700_000_000_000_000_000n
const ROWS_PER_BATCH = 500

export interface Trade {
  time: bigint
  sym: string
  price: number
  size: number
}

export interface Quote {
  time: bigint
  sym: string
  bid: number
  ask: number
}

const time = () => new Field('time', new TimestampNanosecond(), false)
const sym = () => new Field('sym', new Utf8(), false)
const double = (name: string) => new Field(name, new Float64(), false)

export type TradeColumns = ReturnType<typeof makeTradeSchema> extends Schema<infer T> ? T : never
export type QuoteColumns = ReturnType<typeof makeQuoteSchema> extends Schema<infer T> ? T : never

function makeTradeSchema() {
  return new Schema<{ time: TimestampNanosecond; sym: Utf8; price: Float64; size: Int32 }>([
    time(),
    sym(),
    double('price'),
    new Field('size', new Int32(), false),
  ])
}

function makeQuoteSchema() {
  return new Schema<{ time: TimestampNanosecond; sym: Utf8; bid: Float64; ask: Float64 }>([
    time(),
    sym(),
    double('bid'),
    double('ask'),
  ])
}

export const tradeSchema = makeTradeSchema()
export const quoteSchema = makeQuoteSchema()

/** Numerical Recipes' linear congruential generator: numbers in [0, 1) that every process makes alike. */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const cents = (price: number): number => Math.round(price * 100) / 100

/** Every quote of the session, in order of time. */
export function* quotes(count: number): Generator<Quote> {
  const next = random(7)
  const mid = new Map<string, number>(SYMBOLS.map((name, i) => [name, 100 * (i + 1)]))
  let now = START_NS
  for (let i = 0; i < count; i++) {
    now += BigInt(Math.floor(next() * 2_000_000))
    const name = SYMBOLS[Math.floor(next() * SYMBOLS.length)]!
    const price = mid.get(name)! + (next() - 0.5) / 10
    mid.set(name, price)
    yield { time: now, sym: name, bid: cents(price - 0.05), ask: cents(price + 0.05) }
  }
}

/** Every trade of the session, in order of time. */
export function* trades(count: number): Generator<Trade> {
  const next = random(11)
  let now = START_NS
  for (let i = 0; i < count; i++) {
    now += BigInt(Math.floor(next() * 10_000_000))
    const name = SYMBOLS[Math.floor(next() * SYMBOLS.length)]!
    const price = cents(100 * (SYMBOLS.indexOf(name) + 1) + (next() - 0.5))
    yield { time: now, sym: name, price, size: 1 + Math.floor(next() * 100) }
  }
}

/** Rows as record batches of one schema. */
export function* inBatches<Row extends Trade | Quote>(
  rows: Iterable<Row>,
  schema: Schema,
): Generator<RecordBatch> {
  let chunk: Row[] = []
  for (const row of rows) {
    if (chunk.push(row) < ROWS_PER_BATCH) continue
    yield rowsToBatch(chunk, schema)
    chunk = []
  }
  if (chunk.length > 0) yield rowsToBatch(chunk, schema)
}
