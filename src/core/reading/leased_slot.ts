import { constants } from 'node:buffer'

import { type SlotParts, SlotRange } from '../../codec/slot_parts.js'
import { BatchTooLargeError } from '../../base/errors.js'
import type { NativeReader } from '../../native/addon.js'

/** Slots that are larger are shown in windows. */
const WHOLE_BYTES = 32 * 2 ** 20
const WINDOW_BYTES = 16 * 2 ** 20

/** The memory of a lease, as ArrayBuffers over the ring. The lease ends when all of them are garbage, or by `release`. */
export class LeasedSlot implements SlotParts {
  readonly #native: NativeReader
  readonly #id: number
  readonly #length: number
  readonly #buffers: ArrayBuffer[] = []
  readonly #windows: (ArrayBuffer | undefined)[] = []
  #all: ArrayBuffer | undefined

  readonly #limit: number

  /**
   * @param id The lease, which was just acquired and becomes this object's.
   * @param limit The longest ArrayBuffer.
   */
  constructor(native: NativeReader, id: number, length: number, limit: number = constants.MAX_LENGTH) {
    this.#limit = limit
    this.#native = native
    this.#id = id
    this.#length = length
    // Something has to hold the lease before the first column is asked for.
    if (length <= WHOLE_BYTES) this.#all = this.#show(0, length)
    else this.#windows[0] = this.#show(0, WINDOW_BYTES)
  }

  /** All of the slot, where it lies in one ArrayBuffer. */
  get whole(): SlotRange | undefined {
    return this.#all === undefined ? undefined : new SlotRange(this.#all, 0, this.#length)
  }

  all(): Uint8Array<ArrayBuffer> {
    this.#all ??= this.#show(0, this.#length)
    return new Uint8Array(this.#all, 0, this.#length)
  }

  part(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const window = Math.floor(offset / WINDOW_BYTES)
    const start = window * WINDOW_BYTES
    const end = Math.min(start + WINDOW_BYTES, this.#length)
    if (offset + length > end) return new Uint8Array(this.#show(offset, length))
    const buffer = (this.#windows[window] ??= this.#show(start, end - start))
    return new Uint8Array(buffer, offset - start, length)
  }

  /** Detaches everything that was shown, and gives the lease back. */
  release(): void {
    this.#native.release(this.#id, ...this.#buffers)
  }

  #show(offset: number, length: number): ArrayBuffer {
    if (length > this.#limit)
      throw tooLong(`a part of a batch of arena "${this.#native.name}"`, length, this.#limit)
    const buffer = this.#native.lease(this.#id, offset, length)
    this.#buffers.push(buffer)
    return buffer
  }
}

export function tooLong(what: string, bytes: number, limit: number): BatchTooLargeError {
  return new BatchTooLargeError(
    `${what} is ${bytes} bytes long, and this runtime shows at most ${limit} at once (buffer.constants.MAX_LENGTH): write ` +
      'fewer rows a batch, or read it with Node.js 22 or later',
  )
}
