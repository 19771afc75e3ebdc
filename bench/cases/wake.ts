import { createReader, createWriter, rowsToBatch } from 'qadataswap'

import { pin, processors } from '../lib/affinity.js'
import { atMost, type Bench, type Missing, type Row } from '../lib/bench.js'
import { FifoLine, makeFifos } from '../lib/fifo_line.js'
import { compare, percentiles } from '../lib/measure.js'
import { nativeProgram } from '../lib/native_program.js'
import { PeerProcess } from '../lib/peer_process.js'

const TRIPS = 1000
const ROUNDS = 15
/** Until then both sides still compile what they run. */
const WARM_UP_TRIPS = 5000
const GOAL = 0.6
const SHARES = { p50: 0.5, p90: 0.9, p99: 0.99 }

type Percentiles = Record<keyof typeof SHARES, number>

/** Where the two processes of a round trip run. The scheduler would change its mind from round to round. */
interface Placement {
  readonly name: string
  /** The processor of this process, and of the other one; none: wherever the scheduler puts them. */
  readonly cpus?: readonly [number, number]
}

interface Sides {
  readonly arena: () => Promise<void>
  readonly send: () => Promise<void>
  /** Node and the kernel, and nothing that is done with a wake. */
  readonly node: () => Promise<void>
  /** The processes that answer. */
  readonly pids: readonly number[]
}

/** A round trip in which each side sleeps until the other has spoken: two wakes, against process.send there and back. */
export const wake: Bench = {
  name: 'wake',
  title:
    'Waking a sleeping for await: round trip of one number (as a batch of one row; as an object), two processes',
  async run() {
    const there = `bench-there-${process.pid}`
    const back = `bench-back-${process.pid}`
    const writer = createWriter(there, { sizeMb: 1 })
    const echo = new PeerProcess('echo', ['arena', there, back])
    await echo.said()
    const reader = createReader(back, { waitMs: 10_000 })
    const sender = new PeerProcess('echo', ['send'])
    await sender.said()
    const fifos = makeFifos()
    const ringer = new PeerProcess('echo', ['fifo', fifos.there, fifos.back])
    await ringer.said()
    let heard: (() => void) | undefined
    const line = new FifoLine(fifos.back, fifos.there, () => heard?.())
    const batch = rowsToBatch([{ row: 1 }])
    const sides: Sides = {
      arena: async () => {
        const answer = reader.read()
        await writer.write(batch)
        await answer
      },
      send: async () => {
        const answer = sender.said()
        sender.tell({ row: 1 })
        await answer
      },
      node: async () => {
        const answer = new Promise<void>((resolve) => (heard = resolve))
        line.ring()
        await answer
      },
      pids: [echo.process.pid!, sender.process.pid!, ringer.process.pid!],
    }
    const allowed = processors()
    const rows: (Row | Missing)[] = []
    try {
      for (const placement of await placements(allowed)) rows.push(...(await measure(placement, sides)))
      if (allowed.length === 1) rows.push({ figure: 'two processors', why: 'there is one only' })
    } finally {
      await pin(process.pid, allowed)
      writer.close()
      reader.close()
      line.close()
      await Promise.all([echo.stop(), sender.stop(), ringer.stop()])
      fifos.remove()
    }
    return rows
  },
}

async function placements([first, second]: readonly number[]): Promise<Placement[]> {
  if (!(await pin(process.pid, [first!]))) return [{ name: 'not pinned (there is no taskset)' }]
  const one: Placement = { name: 'one processor', cpus: [first!, first!] }
  return second === undefined ? [one] : [one, { name: 'two processors', cpus: [first!, second] }]
}

async function measure({ name, cpus }: Placement, { arena, send, node, pids }: Sides): Promise<Row[]> {
  if (cpus) {
    await pin(process.pid, [cpus[0]])
    for (const pid of pids) await pin(pid, [cpus[1]])
  }
  await trips(arena, WARM_UP_TRIPS)
  await trips(send, WARM_UP_TRIPS)
  await trips(node, WARM_UP_TRIPS)
  const costs: Record<'arena' | 'send' | 'node' | 'bare', Percentiles[]> = {
    arena: [],
    send: [],
    node: [],
    bare: [],
  }
  for (let round = 0; round < ROUNDS; round++) {
    costs.arena.push(await trips(arena, TRIPS))
    costs.send.push(await trips(send, TRIPS))
    costs.node.push(await trips(node, TRIPS))
    costs.bare.push(await bareTrips(cpus))
  }

  const against = (ours: keyof typeof costs, peer: keyof typeof costs, share: keyof Percentiles) =>
    compare(
      costs[ours].map((cost) => cost[share]),
      costs[peer].map((cost) => cost[share]),
    )
  const names = {
    arena: 'write, for await',
    send: 'process.send',
    node: 'bare FIFO in Node',
    bare: 'bare FIFO, epoll_wait',
  }
  const row = (
    what: string,
    ours: keyof typeof costs,
    peer: keyof typeof costs,
    share: keyof Percentiles,
  ) => ({
    figure: `${name}, ${share}${what}`,
    unit: 'µs',
    ours: names[ours],
    peer: names[peer],
    comparison: against(ours, peer, share),
  })
  return [
    atMost(GOAL, row('', 'arena', 'send', 'p50')),
    row('', 'arena', 'send', 'p90'),
    atMost(GOAL, row('', 'arena', 'send', 'p99')),
    ...(['p50', 'p99'] as const).flatMap((share) => [
      row(', against a bare wake in Node', 'arena', 'node', share),
      row(': the least ratio that a bare wake in Node allows', 'node', 'send', share),
      row(', against a bare wake', 'arena', 'bare', share),
      row(': the least ratio that a bare wake allows', 'bare', 'send', share),
    ]),
  ]
}

async function trips(trip: () => Promise<void>, count: number): Promise<Percentiles> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    await trip()
    times.push((performance.now() - start) * 1000)
  }
  return percentiles(times, SHARES)
}

/** The kernel's part: a C++ program that does nothing but ring and sleep. */
async function bareTrips(cpus: readonly number[] = []): Promise<Percentiles> {
  const { p50, p90, p99 } = await nativeProgram<Record<keyof Percentiles, [number]>>('wake_floor', [
    TRIPS,
    1,
    ...cpus,
  ])
  return { p50: p50[0], p90: p90[0], p99: p99[0] }
}
