import { constants } from 'node:buffer'

import { BufferViews, type LargeCopy } from '../../codec/buffer_views.js'
import type { NativeWriter } from '../../native/addon.js'

/**
 * The ring of a writer, as views. One ArrayBuffer shows both of its mappings, where the runtime has any so long; else windows
 * do, each half over the one before, so that every claim up to half a window lies in one.
 */
export class RingWindows {
  /** The longest claim that can be shown. */
  readonly maxBytes: number
  readonly #native: NativeWriter
  readonly #copyLarge: LargeCopy
  readonly #span: number
  readonly #window: number
  readonly #shown = new Map<number, BufferViews>()
  #views: BufferViews
  #start = 0

  /**
   * @param copyLarge Copies to a position of the ring. Must not refer to the writer: arrays that were lent refer to this.
   * @param limit The longest ArrayBuffer.
   */
  constructor(native: NativeWriter, copyLarge: LargeCopy, limit: number = constants.MAX_LENGTH) {
    this.#native = native
    this.#copyLarge = copyLarge
    this.#span = 2 * native.capacity
    this.#window = Math.min(this.#span, limit - (limit % PAGE_BYTES))
    this.maxBytes = Math.min(native.capacity, this.#window)
    this.#views = this.#show(0, this.#window)
  }

  /** Views over the claim of `length` bytes at `offset`. They begin at `start`, until the next call. */
  at(offset: number, length: number): BufferViews {
    const views = this.#views
    // Its memory is gone when the program transferred an array that was lent.
    const here = offset >= this.#start && offset + length <= this.#start + views.byteLength
    return here && views.u8.length > 0 ? views : this.#go(offset, length)
  }

  /** Where in the ring the views begin that `at` gave last. */
  get start(): number {
    return this.#start
  }

  #go(offset: number, length: number): BufferViews {
    const step = this.#window / 2
    const start = this.#window === this.#span ? 0 : Math.floor(offset / step) * step
    const end = Math.min(start + this.#window, this.#span)
    if (offset + length > end) return this.#show(offset, length)
    const known = this.#shown.get(start)
    if (known === undefined || known.u8.length === 0) return this.#show(start, end - start)
    this.#start = start
    return (this.#views = known)
  }

  #show(start: number, length: number): BufferViews {
    const views = BufferViews.of(this.#native.ring(start, length))
    const copyLarge = this.#copyLarge
    views.copyLargeWith((position, source) => copyLarge(start + position, source))
    if (start % (this.#window / 2) === 0) this.#shown.set(start, views)
    this.#start = start
    return (this.#views = views)
  }
}

const PAGE_BYTES = 4096
