import { once } from 'node:events'

import { createWriter } from 'qadataswap'
import { createWritable } from 'qadataswap/streams'

import { atLeast, type Bench, type Row } from '../lib/bench.js'
import { numbers, rowsOf } from '../lib/batches.js'
import { inTurns } from '../lib/measure.js'
import { PeerProcess } from '../lib/peer_process.js'

const ROUNDS = 9
const RING_MB = 256
const SIZES_MB = [1, 8, 64]

/** The speed of streams over an arena, against a bare copy of the same bytes to as much memory as the ring has. */
export const largeBatches: Bench = {
  name: 'large',
  title: 'Large batches through streams, Node to Node, against memcpy of the same bytes',
  async run() {
    const rows: Row[] = []
    for (const megabytes of SIZES_MB) rows.push(await measure(megabytes))
    return rows
  },
}

async function measure(megabytes: number): Promise<Row> {
  const batch = numbers(rowsOf(megabytes * 2 ** 20))
  const bytes = batch.numRows * batch.numCols * 8
  const count = Math.ceil(1024 / megabytes)
  const name = `bench-large-${process.pid}-${megabytes}`
  const writable = createWritable(createWriter(name, { sizeMb: RING_MB }))
  const peer = new PeerProcess('arena', [name, 'readable', 'scoped'])
  await peer.said()

  const source = new Uint8Array(bytes).fill(1)
  const target = new Uint8Array(RING_MB * 2 ** 20).fill(1)
  const gigabytesPerSecond = (ms: number) => (bytes * count) / ms / 1e6
  const comparison = await inTurns(
    {
      name: 'streams',
      round: async () => {
        const done = peer.said()
        peer.tell({ count })
        const start = performance.now()
        for (let i = 0; i < count; i++) if (!writable.write(batch)) await once(writable, 'drain')
        await done
        return gigabytesPerSecond(performance.now() - start)
      },
    },
    {
      name: 'memcpy',
      round: () => {
        const start = performance.now()
        for (let i = 0, at = 0; i < count; i++) {
          target.set(source, at)
          at = at + 2 * bytes <= target.length ? at + bytes : 0
        }
        return gigabytesPerSecond(performance.now() - start)
      },
    },
    ROUNDS,
  )
  writable.destroy()
  await peer.stop()
  const row = {
    figure: `${megabytes} MiB a batch`,
    unit: 'GB/s',
    ours: 'Writable to Readable',
    peer: 'memcpy',
    comparison,
  }
  return atLeast(0.9, row)
}
