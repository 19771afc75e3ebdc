import * as arrow from 'apache-arrow'
import { DecodeCache, decodeSlot } from '#src/codec/decode.js'
import { encodeSlot, planEncode } from '#src/codec/encode.js'

import { layoutOf } from '../../test/codec/layout_oracle.js'
import { atMost, type Bench, type Row } from '../lib/bench.js'
import { touch } from '../lib/batches.js'
import { mixed, typedNumbers, withNulls } from '../lib/codec_batches.js'
import { inTurns } from '../lib/measure.js'

const ROUNDS = 101
/** Shorter than a time slice, so that most rounds are not interrupted. */
const ROUND_MS = 1
const WARM_UP_MS = 300
const ENCODE_GOAL = 1 / 15
const DECODE_GOAL = 1 / 6

interface Duel {
  readonly figure: string
  readonly peer: string
  readonly goal?: number
  readonly ours: () => unknown
  readonly theirs: () => unknown
}

/** The codec beside apache-arrow's own writer and reader, and beside a bare copy of the same bytes, in one process. */
export const codec: Bench = {
  name: 'codec',
  title: 'Encoding and decoding batches of a known schema, one process',
  async run() {
    const rows: Row[] = []
    for (const duel of duels()) rows.push(await fight(duel))
    return rows
  },
}

async function fight({ figure, peer, goal, ours, theirs }: Duel): Promise<Row> {
  const timer = (run: () => unknown) => {
    const repeats = repeatsFor(run)
    return () => {
      const begin = process.hrtime.bigint()
      for (let i = 0; i < repeats; i++) run()
      return Number(process.hrtime.bigint() - begin) / repeats / 1000
    }
  }
  const comparison = await inTurns(
    { name: 'codec', round: timer(ours) },
    { name: peer, round: timer(theirs) },
    ROUNDS,
  )
  const row = { figure, unit: 'µs', ours: 'codec', peer, comparison }
  return goal === undefined ? row : atMost(goal, row)
}

/** How often to run in a round, once the code is warm. */
function repeatsFor(run: () => unknown): number {
  const end = performance.now() + WARM_UP_MS
  let runs = 0
  while (performance.now() < end) {
    run()
    runs++
  }
  return Math.max(1, Math.round((runs * ROUND_MS) / WARM_UP_MS))
}

function* duels(): Generator<Duel> {
  const small = {
    numbers: typedNumbers(100),
    'numbers with nulls': withNulls(100),
    'words, lists and a dictionary': mixed(100),
  }
  for (const [what, batch] of Object.entries(small)) yield* ofSmall(what, batch)
  yield freshSchemas()
  for (const megabytes of [1, 8, 64]) yield ofLarge(megabytes)
}

function* ofSmall(what: string, batch: arrow.RecordBatch): Generator<Duel> {
  const ring = new Uint8Array(4 << 20)
  const table = new arrow.Table([batch])
  let offset = 0
  yield {
    figure: `encode 100 x 6, ${what}`,
    peer: 'tableToIPC',
    goal: ENCODE_GOAL,
    ours: () => {
      offset = (offset + 16384) & 0x1fffff
      planEncode(batch).writeTo(ring, offset)
    },
    theirs: () => arrow.tableToIPC(table),
  }
  const slot = encodeSlot(batch)
  const layout = layoutOf(slot)
  const cache = new DecodeCache()
  const next = persistentReader(batch)
  const decode = () => decodeSlot(slot, layout, cache)
  const peer = 'next() of a stream reader'
  yield {
    figure: `decode 100 x 6, ${what}, all columns`,
    peer,
    goal: DECODE_GOAL,
    ours: () => decode().data.children,
    theirs: next,
  }
  yield {
    figure: `decode, ${what}, first and last value of every column`,
    peer,
    ours: () => touch(decode()),
    theirs: () => touch(next()),
  }
  yield {
    figure: `decode, ${what}, one column by name`,
    peer,
    ours: () => decode().getChild('d')!.get(0) as unknown,
    theirs: () => next().getChild('d')!.get(0) as unknown,
  }
}

/** Batches whose schema object is new every time, as `tableFromArrays` and polars make them. */
function freshSchemas(): Duel {
  const columns = Object.fromEntries(
    typedNumbers(100).data.children.map((data, i) => [`c${i}`, data]),
  ) as never
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
    figure: 'encode 100 x 6, a new Schema object every time',
    peer: 'tableToIPC',
    ours: () => planEncode(next()).writeTo(ring),
    theirs: () => arrow.tableToIPC(new arrow.Table([next()])),
  }
}

function ofLarge(megabytes: number): Duel {
  const batch = typedNumbers(Math.floor((megabytes << 20) / 33))
  const { byteLength } = planEncode(batch)
  const ring = new Uint8Array(byteLength)
  const source = new Uint8Array(byteLength).fill(1)
  return {
    figure: `encode ${megabytes} MiB of 6 columns`,
    peer: 'memcpy of the same bytes',
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
