import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'

import type { RecordBatch } from 'apache-arrow'
import { createWriter } from 'qadataswap'
import { createWritable } from 'qadataswap/streams'

import { atLeast, type Bench, type Row } from '../lib/bench.js'
import { numbers, rowsOf } from '../lib/batches.js'
import { compare } from '../lib/measure.js'
import { PeerProcess } from '../lib/peer_process.js'
import { cpuSeconds } from '../lib/proc.js'

const ROUNDS = 9
/** A round takes a tenth of a second: for the first of them, both processes still compile what they run. */
const WARM_UP = 4
const RING_MB = 256
const SIZES_MB = [1, 8, 64]
const GOAL = 0.9

/** Bytes per second, and bytes per second of processor time of this process. */
interface Speed {
  readonly wall: number
  readonly cpu: number
}

/** The speed of streams over an arena, against a bare copy of the same bytes to as much memory as the ring has. */
export const largeBatches: Bench = {
  name: 'large',
  title: 'Large batches through streams, Node to Node, against memcpy of the same bytes',
  async run() {
    const rows: Row[] = []
    for (const megabytes of SIZES_MB) rows.push(...(await measure(megabytes)))
    return rows
  },
}

async function measure(megabytes: number): Promise<Row[]> {
  const batch = numbers(rowsOf(megabytes * 2 ** 20))
  const bytes = batch.numRows * batch.numCols * 8
  const count = Math.ceil(1024 / megabytes)
  const name = `bench-large-${process.pid}-${megabytes}`
  const writable = createWritable(createWriter(name, { sizeMb: RING_MB }))
  const peer = new PeerProcess('arena', [name, 'readable', 'scoped'])
  await peer.said()

  const source = new Uint8Array(bytes).fill(1)
  const target = new Uint8Array(RING_MB * 2 ** 20).fill(1)
  const streams: Speed[] = []
  const copies: Speed[] = []
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const stream = await timed(bytes * count, () => streamAll(writable, peer, batch, count))
    const copy = await timed(bytes * count, () => copyAll(source, target, count))
    if (round < 0) continue
    streams.push(stream)
    copies.push(copy)
  }
  writable.end()
  await finished(writable)
  await peer.stop()
  return (['wall', 'cpu'] as const).map((clock) =>
    atLeast(GOAL, {
      figure: `${megabytes} MiB a batch${clock === 'cpu' ? ', by processor time of the writer' : ''}`,
      unit: clock === 'cpu' ? 'GB per CPU second' : 'GB/s',
      ours: 'Writable to Readable',
      peer: 'memcpy',
      comparison: compare(
        streams.map((speed) => speed[clock]),
        copies.map((speed) => speed[clock]),
      ),
    }),
  )
}

async function streamAll(
  writable: Writable,
  peer: PeerProcess,
  batch: RecordBatch,
  count: number,
): Promise<void> {
  const done = peer.said()
  peer.tell({ count })
  for (let i = 0; i < count; i++) if (!writable.write(batch)) await once(writable, 'drain')
  await done
}

function copyAll(source: Uint8Array, target: Uint8Array, count: number): void {
  for (let i = 0, at = 0; i < count; i++) {
    target.set(source, at)
    at = at + 2 * source.length <= target.length ? at + source.length : 0
  }
}

async function timed(bytes: number, work: () => Promise<void> | void): Promise<Speed> {
  const cpu = cpuSeconds(process.pid)
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  return { wall: bytes / seconds / 1e9, cpu: bytes / (cpuSeconds(process.pid) - cpu) / 1e9 }
}
