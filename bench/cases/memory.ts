import { ArenaChannel } from '../lib/arena_channel.js'
import { atMost, type Bench } from '../lib/bench.js'
import { numbers } from '../lib/batches.js'
import { compare } from '../lib/measure.js'
import { privateMebibytes } from '../lib/proc.js'

const BATCHES = 1_000_000
const FULL_BATCHES = 10_000_000
const SAMPLES = 20
/** Memory at the end may be this much of what it was when everything was warm. */
const FLAT = 1.15

/** Resident memory of both sides over very many batches: the last quarter against the second one. */
export const memory: Bench = {
  name: 'memory',
  title: 'Private resident memory while very many batches (100 rows x 6) pass, Node to Node',
  async run({ full }) {
    const batches = full ? FULL_BATCHES : BATCHES
    const channel = await ArenaChannel.open('iterator', 'gc')
    const batch = numbers(100)
    const sides = { writer: process.pid, reader: channel.peerPid }
    const samples: Record<string, number[]> = { writer: [], reader: [] }
    for (let i = 0; i < SAMPLES; i++) {
      await channel.round(batch, batches / SAMPLES)
      for (const [side, pid] of Object.entries(sides)) samples[side]!.push(privateMebibytes(pid))
    }
    await channel.close()
    const quarter = SAMPLES / 4
    return Object.entries(samples).map(([side, sizes]) =>
      atMost(FLAT, {
        figure: `${side}, ${batches.toLocaleString('en')} batches`,
        unit: 'MiB',
        ours: 'last quarter',
        peer: 'second quarter',
        comparison: compare(sizes.slice(-quarter), sizes.slice(quarter, 2 * quarter)),
      }),
    )
  },
}
