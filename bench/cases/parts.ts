import { BufferViews } from '#src/codec/buffer_views.js'
import { DecodeCache, decodeSlot } from '#src/codec/decode.js'
import { planEncode } from '#src/codec/encode.js'
import { SlotRange } from '#src/codec/slot_parts.js'
import { addon } from '#src/native/load_addon.js'
import { Acquired, Info, INFO_WORDS } from '#src/native/addon.js'
import { writerOptions } from '#src/core/options.js'
import type { RecordBatch } from 'apache-arrow'
import { createReader, createWriter } from 'qadataswap'

import type { Bench, Row } from '../lib/bench.js'
import { numbers, type Numbers } from '../lib/batches.js'
import { Laps } from '../lib/laps.js'
import { compare } from '../lib/measure.js'

const BATCHES = 10_000
const ROUNDS = 9
/** Until then the code is compiled still. */
const WARM_UP = 3
const SLAB_BYTES = 256 * 1024
const LAYOUT_WORDS = 512

interface Path {
  readonly name: string
  readonly whole: string
  readonly parts: readonly string[]
  /** What the whole does beside the parts. */
  readonly rest: string
  /** What may be done instead of the last part. */
  readonly instead?: string
}

const WRITE = {
  name: 'write',
  whole: 'writeSync',
  parts: ['plan', 'claim', 'copy of the metadata and the columns', 'commit'],
  rest: 'checks and the task of a write',
} as const satisfies Path

const READ = {
  name: 'read',
  whole: 'tryRead, one column by name',
  parts: ['native acquire: verification and copy', 'decode', 'one column by name'],
  rest: 'objects of the lease and the info, checks',
  instead: 'all columns',
} as const satisfies Path

/**
 * Where the time of one batch goes. The parts are the calls that `writeSync` and `tryRead` make, with a look at the clock
 * between them; what those do beside these calls is the difference.
 */
export const parts: Bench = {
  name: 'parts',
  title:
    'Parts of the time of one batch (100 rows x 6, which is copied out of the ring) in Node; the ratio is the share',
  run: () => {
    const batch = numbers(100)
    const name = `bench-parts-${process.pid}`
    using writer = createWriter<Numbers>(name)
    using reader = createReader<Numbers>(name)
    using ring = new BareRing(`${name}-bare`)
    const whole = (laps: Laps) => {
      const start = performance.now()
      writer.writeSync(batch)
      const written = performance.now()
      reader.tryRead()!.getChild('c3')!.get(0)
      laps.add([WRITE.whole, READ.whole], [start, written, performance.now()])
    }
    const rounds: Laps[] = []
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      const laps = new Laps()
      for (let i = 0; i < BATCHES; i++) whole(laps)
      for (let i = 0; i < BATCHES; i++) ring.pass(batch, laps, i % 2 === 0)
      if (round >= 0) rounds.push(laps)
    }
    return Promise.resolve([...rowsOf(rounds, WRITE), ...rowsOf(rounds, READ)])
  },
}

function rowsOf(rounds: readonly Laps[], { name, whole, parts, rest, instead }: Path): Row[] {
  const row = (figure: string, ns: (laps: Laps) => number): Row => ({
    figure: `${name}: ${figure}`,
    unit: 'ns',
    ours: 'part',
    peer: whole,
    comparison: compare(
      rounds.map(ns),
      rounds.map((laps) => laps.ns(whole)),
    ),
  })
  const remains = (laps: Laps) => parts.reduce((ns, part) => ns - laps.ns(part), laps.ns(whole))
  const rows = parts.map((part) => row(part, (laps) => laps.ns(part)))
  rows.push(row(`${rest} (the difference)`, remains))
  if (instead !== undefined)
    rows.push(row(`${instead}, instead of ${parts.at(-1)}`, (laps) => laps.ns(instead)))
  return rows
}

/** A ring with nothing around the native calls. */
class BareRing implements Disposable {
  readonly #calls = addon()
  readonly #writer
  readonly #reader
  readonly #ring
  readonly #info = new Float64Array(INFO_WORDS)
  readonly #layout = new Float64Array(LAYOUT_WORDS)
  readonly #slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  readonly #cache = new DecodeCache()
  readonly #ids = { schemaId: 0, layoutId: 0 }
  #used = 0

  constructor(name: string) {
    this.#writer = addon().createWriter(name, writerOptions())
    this.#reader = addon().attachReader(name, { from: -1, spinMicros: 0, verify: 1 })
    this.#ring = BufferViews.of(this.#writer.ring(0, 2 * this.#writer.capacity))
    this.#reader.bind(this.#info, this.#layout)
  }

  /** One batch in and out. */
  pass(batch: RecordBatch<Numbers>, laps: Laps, byName: boolean): void {
    const start = performance.now()
    const plan = planEncode(batch)
    const planned = performance.now()
    const offset = this.#calls.tryClaim(this.#writer.number, plan.byteLength)
    const claimed = performance.now()
    plan.writeTo(this.#ring, offset)
    const copied = performance.now()
    this.#calls.commit(this.#writer.number, plan.byteLength, plan.rows)
    const committed = performance.now()
    const outcome = this.#calls.tryAcquire(this.#reader.number, this.#slab.buffer, this.#used)
    const acquired = performance.now()
    const bytes = new SlotRange(this.#slab.buffer, this.#used, this.#info[Info.Length]!)
    this.#ids.schemaId = this.#info[Info.SchemaId]!
    this.#ids.layoutId = this.#info[Info.LayoutId]!
    const own = decodeSlot(bytes, this.#layout, this.#cache, this.#ids)
    const decoded = performance.now()
    if (byName) own.getChild('c3')!.get(0)
    else for (let c = 0; c < own.numCols; c++) own.getChildAt(c)!.get(0)
    const seen = performance.now()
    if (outcome !== Acquired.Copied) throw new Error(`the batch was not copied out of the ring: ${outcome}`)

    laps.add(WRITE.parts, [start, planned, claimed, copied, committed])
    const last = byName ? READ.parts[2] : READ.instead
    laps.add([...READ.parts.slice(0, 2), last], [committed, acquired, decoded, seen])
    const next = this.#used + 2 * bytes.length < SLAB_BYTES ? this.#used + bytes.length : 0
    this.#used = next - (next % 64)
  }

  [Symbol.dispose](): void {
    this.#reader.close()
    this.#writer.close()
  }
}
