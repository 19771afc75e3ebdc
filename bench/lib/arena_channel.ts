import type { RecordBatch } from 'apache-arrow'
import { createWriter, type ArenaWriter, type LeasePolicy, type WriterOptions } from 'qadataswap'

import type { Channel } from './channel.js'
import { PeerProcess } from './peer_process.js'

let channels = 0

/** A writer here and a reader in another process, which uses the given surface. */
export class ArenaChannel implements Channel {
  readonly writer: ArenaWriter
  readonly #peer: PeerProcess

  private constructor(writer: ArenaWriter, peer: PeerProcess) {
    this.writer = writer
    this.#peer = peer
  }

  /** @param keepEvery The reader keeps every batch whose number is a multiple of this, until the next round; 0: none. */
  static async open(
    surface: string,
    lease: LeasePolicy,
    options: WriterOptions = {},
    keepEvery = 0,
  ): Promise<ArenaChannel> {
    const name = `bench-${process.pid}-${channels++}`
    const writer = createWriter(name, options)
    const peer = new PeerProcess('arena', [name, surface, lease, String(keepEvery)])
    await peer.said()
    return new ArenaChannel(writer, peer)
  }

  get peerPid(): number {
    return this.#peer.process.pid!
  }

  /** Milliseconds until the other process has used `count` batches. */
  async round(batch: RecordBatch, count: number): Promise<number> {
    const done = this.#peer.said()
    this.#peer.tell({ count })
    const start = performance.now()
    for (let i = 0; i < count; i++) await this.writer.write(batch)
    await done
    return performance.now() - start
  }

  async close(): Promise<void> {
    this.writer.close()
    await this.#peer.stop()
  }
}
