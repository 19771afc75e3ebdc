import type { Bench, Row } from '../lib/bench.js'
import { ArenaChannel } from '../lib/arena_channel.js'
import { numbers } from '../lib/batches.js'
import { inTurns } from '../lib/measure.js'

const BATCHES = 5000
const ROUNDS = 7
/** The rounds in which the reading process still compiles the surface. */
const WARM_UP = 3
const SURFACES = [
  ['iterator', 'for await over a reader'],
  ['readable', 'for await over a Readable'],
  ['web', 'for await over a web stream'],
  ['rx', 'Observable'],
] as const

/** What each surface costs over the bare `tryRead` loop, per batch of 100 rows. */
export const surfaces: Bench = {
  name: 'surfaces',
  title: 'Cost of a surface over a tryRead loop, batches of 100 rows x 6, two processes',
  async run() {
    const batch = numbers(100)
    const bare = await ArenaChannel.open('tryRead', 'gc')
    const rows: Row[] = []
    const perBatch = (channel: ArenaChannel) => async () =>
      ((await channel.round(batch, BATCHES)) * 1000) / BATCHES
    for (const [surface, figure] of SURFACES) {
      const channel = await ArenaChannel.open(surface, 'gc')
      const comparison = await inTurns(
        { name: surface, round: perBatch(channel) },
        { name: 'tryRead', round: perBatch(bare) },
        ROUNDS,
        { warmUp: WARM_UP },
      )
      await channel.close()
      rows.push({ figure, unit: 'µs a batch', ours: surface, peer: 'tryRead', comparison })
    }
    await bare.close()
    return rows
  },
}
