import { ArenaChannel } from '../lib/arena_channel.js'
import type { Bench, Row } from '../lib/bench.js'
import { numbers, rowsOf } from '../lib/batches.js'
import { inTurns } from '../lib/measure.js'

const ROUNDS = 5
const BATCHES = 400
const MEBI = 2 ** 20

/** What it costs that the consumer keeps batches for ever: they move out of the ring, at the same address. */
export const evacuation: Bench = {
  name: 'evacuation',
  title: 'Batches of 1 MiB of which some are kept, against none kept; ring of 64 MiB',
  async run() {
    const batch = numbers(rowsOf(MEBI))
    const open = (keepEvery: number) => ArenaChannel.open('iterator', 'gc', { sizeMb: 64 }, keepEvery)
    const none = await open(0)
    const perSecond = (channel: ArenaChannel) => async () =>
      (BATCHES / (await channel.round(batch, BATCHES))) * 1000
    const rows: Row[] = []
    for (const [figure, every] of [
      ['every 10th kept', 10],
      ['all kept', 1],
    ] as const) {
      const keeping = await open(every)
      const comparison = await inTurns(
        { name: figure, round: perSecond(keeping) },
        { name: 'none kept', round: perSecond(none) },
        ROUNDS,
      )
      await keeping.close()
      rows.push({ figure, unit: 'batches/s', ours: 'kept', peer: 'none kept', comparison })
    }
    await none.close()
    return rows
  },
}
