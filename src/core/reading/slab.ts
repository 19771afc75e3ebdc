import { markAsUntransferable } from 'node:worker_threads'

import { align64 } from '../../codec/alignment.js'
import { SlotRange } from '../../codec/slot_parts.js'

/**
 * Large, because making one takes ten times as long as reading a batch: a reader that waits for each batch is late then. The garbage
 * collector owns a slab as long as any of its batches.
 */
const SLAB_BYTES = 256 * 1024

/** Where the small batches of a reader are copied to, side by side. */
export class Slab {
  // Asked for once: V8 calls a getter for it, and for the length of what may be a Buffer.
  #buffer = new ArrayBuffer(0)
  #length = 0
  #used = 0

  get buffer(): ArrayBuffer {
    return this.#buffer
  }

  /** Where the next batch goes. */
  get used(): number {
    return this.#used
  }

  /** The `length` bytes that were copied to `used`. */
  take(length: number): SlotRange {
    const start = this.#used
    this.#used = Math.min(align64(start + length), this.#length)
    return new SlotRange(this.#buffer, start, length)
  }

  /** Goes on with another one, of at least so many bytes. */
  renew(bytes: number): void {
    const slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes))
    // One batch's columns would take the memory of all others along.
    markAsUntransferable(slab.buffer)
    this.#buffer = slab.buffer
    this.#length = slab.length
    this.#used = 0
  }
}
