import { createReader, createWriter } from 'qadataswap'

import { atMost, type Bench, type Row } from '../lib/bench.js'
import { numbers } from '../lib/batches.js'
import { inTurns, spreadOf } from '../lib/measure.js'
import { PeerProcess } from '../lib/peer_process.js'

const TRIPS = 300
const ROUNDS = 15

/** A round trip in which each side sleeps until the other has spoken: two wakes, against process.send there and back. */
export const wake: Bench = {
  name: 'wake',
  title: 'Waking a sleeping for await: round trip of a batch of one row, two processes',
  async run() {
    const there = `bench-there-${process.pid}`
    const back = `bench-back-${process.pid}`
    const writer = createWriter(there, { sizeMb: 1 })
    const echo = new PeerProcess('echo', ['arena', there, back])
    await echo.said()
    const reader = createReader(back, { waitMs: 10_000 })
    const sender = new PeerProcess('echo', ['send'])
    await sender.said()
    const batch = numbers(1)

    const percentile = (share: 'median' | 'high'): Promise<Row['comparison']> =>
      inTurns(
        {
          name: 'arena',
          round: () =>
            trips(share, async () => {
              const answer = reader.read()
              await writer.write(batch)
              await answer
            }),
        },
        {
          name: 'process.send',
          round: () =>
            trips(share, async () => {
              const answer = sender.said()
              sender.tell({ row: 1 })
              await answer
            }),
        },
        ROUNDS,
      )
    const row = { unit: 'µs', ours: 'write, for await', peer: 'process.send' }
    const rows = [
      atMost(0.6, { ...row, figure: 'median', comparison: await percentile('median') }),
      atMost(0.6, { ...row, figure: '90th percentile', comparison: await percentile('high') }),
    ]
    writer.close()
    reader.close()
    await Promise.all([echo.stop(), sender.stop()])
    return rows
  },
}

async function trips(share: 'median' | 'high', trip: () => Promise<void>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < TRIPS; i++) {
    const start = performance.now()
    await trip()
    times.push((performance.now() - start) * 1000)
  }
  return spreadOf(times)[share]
}
