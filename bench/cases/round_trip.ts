import { DecodeCache, decodeSlot } from '#src/codec/decode.js'
import { encodeSlot, planEncode } from '#src/codec/encode.js'
import { createReader, createWriter } from 'qadataswap'

import { layoutOf } from '../../test/codec/layout_oracle.js'
import { atMost, type Bench, type Missing, type Row } from '../lib/bench.js'
import { numbers, touch } from '../lib/batches.js'
import { iceoryx2 } from '../lib/iceoryx2.js'
import { compare, inTurns } from '../lib/measure.js'
import { nativeProgram } from '../lib/native_program.js'
import { PeerProcess } from '../lib/peer_process.js'

const ROUNDS = 9
const TRIPS = 500
/** In Node a round is longer, and each side needs some 10,000 trips to have compiled what it runs. */
const NODE_TRIPS = 2000
const WARM_UP = 10
const SPIN_MICROS = 1_000_000
const SIZES = { '64 B': 64, '64 KiB': 65_536, '1 MiB': 2 ** 20, '64 MiB': 64 * 2 ** 20 }

/** Round trips in which both sides spin, so that no wake is in the figure. */
export const roundTrip: Bench = {
  name: 'round-trip',
  title: 'Round trips between two processes that both spin',
  async run() {
    const rows: (Row | Missing)[] = []
    for (const [size, bytes] of Object.entries(SIZES)) rows.push(...(await native(size, bytes)))
    return [...rows, await node()]
  },
}

async function native(size: string, bytes: number): Promise<(Row | Missing)[]> {
  const args = [bytes, TRIPS, ROUNDS]
  const { arena, line, message } = await nativeProgram<Record<'arena' | 'line' | 'message', number[]>>(
    'round_trip',
    args,
  )
  const row = { unit: 'ns', ours: 'C++, two arenas' }
  const limit = {
    ...row,
    figure: `${size}, C++, no copy, against a bare cache line`,
    peer: 'ping-pong on one line',
    comparison: compare(arena, line),
  }
  const rows: (Row | Missing)[] = [bytes === SIZES['64 B'] ? atMost(2.5, limit) : limit]
  if (bytes === SIZES['64 B']) {
    const bare = 'payload, slot and sequence, no library'
    rows.push(
      {
        ...row,
        figure: `${size}, C++, against what must go across`,
        peer: bare,
        comparison: compare(arena, message),
      },
      {
        ...limit,
        figure: `${size}, what must go across, against a bare cache line`,
        ours: bare,
        comparison: compare(message, line),
      },
    )
  }
  const figure = `${size}, C++, no copy, against iceoryx2`
  const peer = await iceoryx2(args)
  if (typeof peer === 'string') rows.push({ figure, why: peer })
  else rows.push(atMost(1, { ...row, figure, peer: 'iceoryx2 (Rust)', comparison: compare(arena, peer) }))
  return rows
}

async function node(): Promise<Row> {
  const there = `bench-spin-there-${process.pid}`
  const back = `bench-spin-back-${process.pid}`
  const writer = createWriter(there, { sizeMb: 4 })
  const echo = new PeerProcess('spinning_echo', [there, back])
  await echo.said()
  const reader = createReader(back, { spinMicros: SPIN_MICROS })
  const batch = numbers(100)
  const slot = encodeSlot(batch)
  const layout = layoutOf(slot)
  const cache = new DecodeCache()
  const memory = new Uint8Array(slot.length)
  const each = (work: () => void) => () => {
    const start = performance.now()
    for (let i = 0; i < NODE_TRIPS; i++) work()
    return ((performance.now() - start) * 1000) / NODE_TRIPS
  }
  const trip = {
    name: 'arenas',
    round: each(() => {
      writer.writeSync(batch)
      touch(reader.readSync()!)
    }),
  }
  const inProcess = {
    name: 'one process',
    round: each(() => {
      for (let way = 0; way < 2; way++) {
        planEncode(batch).writeTo(memory)
        touch(decodeSlot(slot, layout, cache))
      }
    }),
  }
  const comparison = await inTurns(trip, inProcess, ROUNDS, { warmUp: WARM_UP })
  writer.close()
  reader.close()
  await echo.stop()
  const figure = '100 rows x 6, Node, against its own encode + decode twice in one process'
  return atMost(1.3, { figure, unit: 'µs', ours: 'writeSync, readSync', peer: 'one process', comparison })
}
