import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type RecordBatch, RecordBatchStreamWriter } from 'apache-arrow'

import type { Channel } from './channel.js'
import { PeerProcess } from './peer_process.js'

/** How many batches are written before the event loop turns: the writer's stream only flows then. */
const BURST = 64

let sockets = 0

/** apache-arrow's stream writer piped into a Unix domain socket, and its stream reader at the other end. */
export class SocketChannel implements Channel {
  readonly #peer: PeerProcess
  readonly #writer: RecordBatchStreamWriter
  readonly #socket: Socket

  private constructor(peer: PeerProcess, writer: RecordBatchStreamWriter, socket: Socket) {
    this.#peer = peer
    this.#writer = writer
    this.#socket = socket
  }

  static async open(): Promise<SocketChannel> {
    const path = join(tmpdir(), `qadataswap-bench-${process.pid}-${sockets++}.sock`)
    const peer = new PeerProcess('socket', [path])
    await peer.said()
    const socket = connect(path)
    await once(socket, 'connect')
    const writer = new RecordBatchStreamWriter()
    writer.toNodeStream({ objectMode: false }).pipe(socket)
    return new SocketChannel(peer, writer, socket)
  }

  async round(batch: RecordBatch, count: number): Promise<number> {
    const done = this.#peer.said()
    this.#peer.tell({ count })
    const start = performance.now()
    for (let i = 0; i < count; i++) {
      this.#writer.write(batch)
      // Keeps what is queued bounded, as a user who heeds back-pressure would.
      if (i % BURST === BURST - 1 && this.#socket.writableNeedDrain) await once(this.#socket, 'drain')
    }
    await done
    return performance.now() - start
  }

  async close(): Promise<void> {
    this.#socket.destroy()
    await this.#peer.stop()
  }
}
