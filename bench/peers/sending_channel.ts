import { type RecordBatch, Table, tableToIPC } from 'apache-arrow'

import type { Channel } from '../lib/channel.js'

/** What a sender needs to know of the other side. */
export interface Peer {
  said(): Promise<unknown>
  tell(message: { count: number }): void
  stop(): Promise<unknown>
}

/** How many messages, and bytes, may be under way before the sender waits for one to be gone. */
const UNDER_WAY = 64
const BYTES_UNDER_WAY = 16 * 2 ** 20

/** @param count How many messages the round has: nobody is ever further behind. */
type Send = (bytes: Uint8Array, count: number) => Promise<unknown>

/** Serialises every batch with `tableToIPC` and sends the bytes some way. */
export class SendingChannel implements Channel {
  readonly #peer: Peer
  readonly #send: Send
  readonly #close: () => Promise<void> | void

  constructor(peer: Peer, send: Send, close: () => Promise<void> | void) {
    this.#peer = peer
    this.#send = send
    this.#close = close
  }

  async round(batch: RecordBatch, count: number): Promise<number> {
    const done = this.#peer.said()
    this.#peer.tell({ count })
    const start = performance.now()
    const sending: Promise<unknown>[] = []
    for (let i = 0; i < count; i++) {
      const bytes = tableToIPC(new Table([batch]))
      sending.push(this.#send(bytes, count))
      if (sending.length === Math.ceil(Math.min(UNDER_WAY, BYTES_UNDER_WAY / bytes.length))) {
        await Promise.all(sending.splice(0))
      }
    }
    await Promise.all(sending)
    await done
    return performance.now() - start
  }

  async close(): Promise<void> {
    await this.#close()
    await this.#peer.stop()
  }
}
