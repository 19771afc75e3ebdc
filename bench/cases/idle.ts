import { createWriter } from 'qadataswap'

import { atMost, type Bench } from '../lib/bench.js'
import { againstGoal } from '../lib/measure.js'
import { PeerProcess } from '../lib/peer_process.js'
import { cpuSeconds } from '../lib/proc.js'

const SECONDS = 10
/** What they did to get there is not idling, nor is the collection that V8 makes once, some 16 s later. */
const SETTLE_SECONDS = 20
const GOAL_PERCENT = 0.1

/** What waiting costs: a reader of an arena into which nothing comes, and a writer whose ring nobody reads. */
export const idle: Bench = {
  name: 'idle',
  title: `Processor time of ${SECONDS} s of waiting; the ratio is to the goal of ${GOAL_PERCENT} %`,
  async run() {
    const name = `bench-idle-${process.pid}`
    using _writer = createWriter(name)
    const reader = new PeerProcess('arena', [name, 'iterator', 'gc'])
    const blocked = new PeerProcess('blocked_writer', [`${name}-full`])
    await Promise.all([reader.said(), blocked.said()])
    const parties = { 'a waiting reader': reader, 'a blocked writer': blocked }
    const pids = Object.values(parties).map((peer) => peer.process.pid!)
    await pass(SETTLE_SECONDS)
    const before = pids.map(cpuSeconds)
    await pass(SECONDS)
    const percents = pids.map((pid, i) => ((cpuSeconds(pid) - before[i]!) / SECONDS) * 100)
    await Promise.all([reader.stop(), blocked.stop()])
    return Object.keys(parties).map((figure, i) =>
      atMost(1, {
        figure,
        unit: '% of a processor',
        ours: 'all threads of the process',
        peer: 'goal',
        comparison: againstGoal([percents[i]!], GOAL_PERCENT),
      }),
    )
  },
}

const pass = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))
