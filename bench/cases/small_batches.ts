import { once } from 'node:events'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { RecordBatchStreamWriter, Table, tableFromIPC, tableToIPC } from 'apache-arrow'

import { ArenaChannel } from '../lib/arena_channel.js'
import { atLeast, type Bench, type Row } from '../lib/bench.js'
import { numbers, touch } from '../lib/batches.js'
import { inTurns } from '../lib/measure.js'
import { PeerProcess } from '../lib/peer_process.js'

const BATCHES = 10_000
const ROUNDS = 9

/** `write` … `for await` between two processes, against what one would do without shared memory. */
export const smallBatches: Bench = {
  name: 'small',
  title: 'Small batches (100 rows x 6), Node to Node',
  async run() {
    const batch = numbers(100)
    const perSecond = (ms: number) => (BATCHES / ms) * 1000
    const channel = await ArenaChannel.open('iterator', 'gc')
    const ours = { name: 'arena', round: async () => perSecond(await channel.round(batch, BATCHES)) }
    const rows: Row[] = []

    const socket = await SocketChannel.open()
    const overSocket = { name: 'socket', round: async () => perSecond(await socket.round(batch, BATCHES)) }
    rows.push(
      atLeast(15, {
        figure: 'against a Unix domain socket with apache-arrow',
        unit: 'batches/s',
        ours: 'write, for await',
        peer: 'socket',
        comparison: await inTurns(ours, overSocket, ROUNDS),
      }),
    )
    await socket.close()

    const table = new Table([batch])
    const inProcess = {
      name: 'tableToIPC, tableFromIPC',
      round: () => {
        const start = performance.now()
        for (let i = 0; i < BATCHES; i++) touch(tableFromIPC(tableToIPC(table)).batches[0]!)
        return perSecond(performance.now() - start)
      },
    }
    rows.push(
      atLeast(5, {
        figure: 'against tableToIPC and tableFromIPC in one process',
        unit: 'batches/s',
        ours: 'write, for await',
        peer: 'one process',
        comparison: await inTurns(ours, inProcess, ROUNDS),
      }),
    )
    await channel.close()
    return rows
  },
}

/** apache-arrow's stream writer into a socket. */
class SocketChannel {
  private constructor(
    private readonly peer: PeerProcess,
    private readonly writer: RecordBatchStreamWriter,
    private readonly socket: ReturnType<typeof connect>,
  ) {}

  static async open(): Promise<SocketChannel> {
    const path = join(tmpdir(), `qadataswap-bench-${process.pid}.sock`)
    const peer = new PeerProcess('socket', [path])
    await peer.said()
    const socket = connect(path)
    await once(socket, 'connect')
    const writer = new RecordBatchStreamWriter()
    writer.toNodeStream({ objectMode: false }).pipe(socket)
    return new SocketChannel(peer, writer, socket)
  }

  async round(batch: ReturnType<typeof numbers>, count: number): Promise<number> {
    const done = this.peer.said()
    this.peer.tell({ count })
    const start = performance.now()
    for (let i = 0; i < count; i++) {
      this.writer.write(batch)
      // Keeps what is queued bounded, as a user who heeds back-pressure would.
      if (i % 64 === 63 && this.socket.writableNeedDrain) await once(this.socket, 'drain')
    }
    await done
    return performance.now() - start
  }

  async close(): Promise<void> {
    this.socket.destroy()
    await this.peer.stop()
  }
}
