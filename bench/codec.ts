import * as arrow from 'apache-arrow'
import { decodeSlot, SchemaCache } from '#src/core/codec/decode.js'
import { encodeSlot, planEncode } from '#src/core/codec/encode.js'
import { layoutOf } from '../test/codec/layout_oracle.js'

/**
 * The codec beside apache-arrow's own writer and reader, and beside a bare copy of the same bytes. Ours and theirs run in
 * turns, so that a busy machine slows both; every figure is the median over the rounds.
 */
const ROUNDS = 201
/** Shorter than a time slice, so that most rounds are not interrupted. */
const ROUND_MS = 1

interface Comparison {
  readonly name: string
  readonly ours: () => unknown
  readonly theirs: () => unknown
}

function main(): void {
  console.log(`node ${process.version}, apache-arrow against this codec, ${ROUNDS} rounds in turns\n`)
  console.log(
    `${'what'.padEnd(58)}${'ours'.padStart(11)}${'theirs'.padStart(11)}${'ratio'.padStart(9)}  spread`,
  )
  for (const comparison of comparisons()) console.log(report(comparison))
}

function report({ name, ours, theirs }: Comparison): string {
  const [a, b] = [repeatsFor(ours), repeatsFor(theirs)]
  const times: { ours: number; theirs: number; ratio: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const t = { ours: time(ours, a), theirs: time(theirs, b) }
    times.push({ ...t, ratio: t.ours / t.theirs })
  }
  const at = (share: number, of: 'ours' | 'theirs' | 'ratio') => {
    const sorted = times.map((t) => t[of]).sort((x, y) => x - y)
    return sorted[Math.floor(share * (sorted.length - 1))]!
  }
  const spread = `${ratio(at(0.1, 'ratio'))} to ${ratio(at(0.9, 'ratio'))}`
  const columns = [micros(at(0.5, 'ours')).padStart(11), micros(at(0.5, 'theirs')).padStart(11)]
  return `${name.padEnd(58)}${columns.join('')}${ratio(at(0.5, 'ratio')).padStart(9)}  ${spread}`
}

const micros = (ns: number) => `${(ns / 1000).toFixed(ns < 100_000 ? 2 : 0)} µs`
const ratio = (r: number) => (r < 0.7 ? `1/${(1 / r).toFixed(1)}` : r.toFixed(2))

function time(run: () => unknown, repeats: number): number {
  const begin = process.hrtime.bigint()
  for (let i = 0; i < repeats; i++) run()
  return Number(process.hrtime.bigint() - begin) / repeats
}

/** How often to run in a round, once the code is warm. */
function repeatsFor(run: () => unknown): number {
  const end = performance.now() + 300
  let runs = 0
  while (performance.now() < end) {
    run()
    runs++
  }
  return Math.max(1, Math.round((runs * ROUND_MS) / 300))
}

function* comparisons(): Generator<Comparison> {
  const small = {
    numbers: numbers(100),
    'numbers with nulls': withNulls(100),
    'words, lists and a dictionary': mixed(100),
  }
  for (const [what, batch] of Object.entries(small)) {
    const ring = new Uint8Array(4 << 20)
    const table = new arrow.Table([batch])
    let offset = 0
    yield {
      name: `encode 100 x 6, ${what}: tableToIPC`,
      ours: () => {
        offset = (offset + 16384) & 0x1fffff
        planEncode(batch).writeTo(ring, offset)
      },
      theirs: () => arrow.tableToIPC(table),
    }
    const slot = encodeSlot(batch)
    const layout = layoutOf(slot)
    const schemas = new SchemaCache()
    const next = persistentReader(batch)
    const decode = () => decodeSlot(slot, layout, schemas)
    yield {
      name: `decode 100 x 6, ${what}, all columns: next()`,
      ours: () => decode().data.children,
      theirs: next,
    }
    yield {
      name: `decode, ${what}, first value of every column: next()`,
      ours: () => touch(decode()),
      theirs: () => touch(next()),
    }
    yield {
      name: `decode, ${what}, one column by name: next()`,
      ours: () => decode().getChild('d')!.get(0) as unknown,
      theirs: () => next().getChild('d')!.get(0) as unknown,
    }
  }
  yield freshSchemas()
  for (const megabytes of [1, 8, 64]) yield largeBatch(megabytes)
}

/** Batches whose schema object is new every time, as `tableFromArrays` and polars make them. */
function freshSchemas(): Comparison {
  const columns = Object.fromEntries(numbers(100).data.children.map((data, i) => [`c${i}`, data])) as never
  const batches = Array.from({ length: 4096 }, () => new arrow.RecordBatch(columns))
  const ring = new Uint8Array(1 << 16)
  let i = 0
  // A schema that was met before is found by its identity, so that each is used as if it were new: as a copy.
  const next = () => {
    const { schema, data } = batches[i++ & 4095]!
    const fresh = new arrow.Schema(schema.fields, schema.metadata)
    return Object.assign(Object.create(arrow.RecordBatch.prototype) as arrow.RecordBatch, {
      schema: fresh,
      data,
      _metadata: new Map(),
    })
  }
  return {
    name: 'encode 100 x 6, a new Schema object every time: tableToIPC',
    ours: () => planEncode(next()).writeTo(ring),
    theirs: () => arrow.tableToIPC(new arrow.Table([next()])),
  }
}

function largeBatch(megabytes: number): Comparison {
  const rows = Math.floor((megabytes << 20) / 33)
  const batch = numbers(rows)
  const { byteLength } = planEncode(batch)
  const ring = new Uint8Array(byteLength)
  const source = new Uint8Array(byteLength).fill(1)
  return {
    name: `encode ${megabytes} MB of 6 columns: memcpy of the same bytes`,
    ours: () => planEncode(batch).writeTo(ring),
    theirs: () => ring.set(source),
  }
}

/** apache-arrow's reader as it runs over a long stream: the schema was read, and batches follow. */
function persistentReader(batch: arrow.RecordBatch): () => arrow.RecordBatch {
  const writer = new arrow.RecordBatchStreamWriter()
  for (let i = 0; i < 2000; i++) writer.write(batch)
  writer.finish()
  const stream = writer.toUint8Array(true)
  let reader = arrow.RecordBatchReader.from(stream)
  return () => {
    let result = reader.next()
    if (result.done) {
      reader = arrow.RecordBatchReader.from(stream)
      result = reader.next()
    }
    return result.value as arrow.RecordBatch
  }
}

function touch(batch: arrow.RecordBatch): unknown {
  let last: unknown
  for (let i = 0; i < batch.numCols; i++) last = batch.getChildAt(i)!.get(0)
  return last
}

function numbers(rows: number, nullBitmap?: Uint8Array): arrow.RecordBatch {
  const column = (type: arrow.DataType, data: ArrayBufferView) =>
    arrow.makeData({ type, data, ...(nullBitmap && { nullBitmap }) } as never) as arrow.Data
  return new arrow.RecordBatch({
    a: column(
      new arrow.Float64(),
      Float64Array.from({ length: rows }, (_, i) => i / 2),
    ),
    b: column(
      new arrow.Float64(),
      Float64Array.from({ length: rows }, (_, i) => -i),
    ),
    c: column(
      new arrow.Int32(),
      Int32Array.from({ length: rows }, (_, i) => i),
    ),
    d: column(
      new arrow.Int64(),
      BigInt64Array.from({ length: rows }, (_, i) => BigInt(i)),
    ),
    e: column(
      new arrow.Float32(),
      Float32Array.from({ length: rows }, (_, i) => i),
    ),
    f: column(
      new arrow.Uint8(),
      Uint8Array.from({ length: rows }, (_, i) => i),
    ),
  })
}

function withNulls(rows: number): arrow.RecordBatch {
  return numbers(rows, new Uint8Array(Math.ceil(rows / 8)).fill(0b1101_1011))
}

function mixed(rows: number): arrow.RecordBatch {
  const words = Array.from({ length: rows }, (_, i) => `word ${i}`)
  const column = (values: unknown[], type: arrow.DataType) =>
    arrow.vectorFromArray(values as never, type).data[0]!
  const list = new arrow.List(new arrow.Field('item', new arrow.Int32(), true))
  return new arrow.RecordBatch({
    a: column(words, new arrow.Utf8()),
    b: column(
      words.map((_, i) => words[i % 8]),
      new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()),
    ),
    c: column(
      words.map((_, i) => [i, i + 1]),
      list,
    ),
    d: column(
      words.map((_, i) => i % 3 === 0),
      new arrow.Bool(),
    ),
    e: column(
      words.map((_, i) => i),
      new arrow.Float64(),
    ),
    f: column(
      words.map((_, i) => i * 1000),
      new arrow.TimestampMillisecond(),
    ),
  })
}

main()
