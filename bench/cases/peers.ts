import { ArenaChannel } from '../lib/arena_channel.js'
import { numbers, rowsOf } from '../lib/batches.js'
import type { Bench, Missing, Row } from '../lib/bench.js'
import type { Channel } from '../lib/channel.js'
import { inTurns } from '../lib/measure.js'
import { firstLine } from '../lib/why.js'
import { peers } from '../peers/index.js'

const ROUNDS = 5
/** A way that is stuck, or takes longer than this for one round, is left out. */
const LIMIT_MS = 30_000
/** The rounds that warm up are those in which both sides still compile what they run. */
const SIZES = [
  { size: '100 rows x 6', rows: 100, count: 2000, warmUp: 3 },
  { size: '8 MiB', rows: rowsOf(8 * 2 ** 20), count: 48, warmUp: 10 },
]

/** An arena against every other way from process to process that can be had here. */
export const allPeers: Bench = {
  name: 'peers',
  title: 'Batches a second through an arena (write, for await), against other ways between processes',
  async run() {
    const rows: (Row | Missing)[] = []
    const arena = await ArenaChannel.open('iterator', 'gc')
    for (const [peer, open] of Object.entries(peers)) {
      const channel = await open().catch(firstLine)
      if (typeof channel === 'string') {
        rows.push({ figure: peer, why: channel })
        continue
      }
      for (const { size, rows: length, count, warmUp } of SIZES) {
        const batch = numbers(length)
        const perSecond = async (way: Channel) =>
          (count / (await within(LIMIT_MS, way.round(batch, count)))) * 1000
        const figure = `${size}: ${peer}`
        try {
          const comparison = await inTurns(
            { name: 'arena', round: () => perSecond(arena) },
            { name: peer, round: () => perSecond(channel) },
            ROUNDS,
            { warmUp },
          )
          rows.push({ figure, unit: 'batches/s', ours: 'arena', peer, comparison })
        } catch (error) {
          rows.push({ figure, why: firstLine(error) })
          break
        }
      }
      await channel.close()
    }
    await arena.close()
    return rows
  },
}

/** What `work` gives, or an error after so long. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`a round took more than ${milliseconds} ms`)), milliseconds)
  })
  return Promise.race([work, limit]).finally(() => clearTimeout(timer))
}
