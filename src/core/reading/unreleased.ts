import { collectAll, collectYoung } from './collect_young.js'
import type { NativeReader } from '../../native/addon.js'
import { turnSoon } from '../../base/turn.js'

/**
 * The share of the ring that may be leased before garbage is looked for, within bounds. Little garbage at a time is cheap:
 * V8 takes the memory behind what it finds at once for growth of its heap, and marks all of it when that is much.
 */
const SHARE = 1 / 8
const LEAST_BYTES = 2 ** 20
const MOST_BYTES = 8 * 2 ** 20
/** The share of the ring that may be held, in a program that does not let the event loop turn, before all is collected. */
const HELD_SHARE = 1 / 2

/** Bytes of the ring that a reader has leased since one was last given back by hand: some of them may be garbage. */
export class Unreleased {
  readonly #native: NativeReader
  readonly #limit: number
  #bytes = 0
  #watching = false
  /** What may be held after a look before all of the heap is collected. */
  #most: number

  constructor(native: NativeReader) {
    this.#native = native
    this.#limit = Math.max(LEAST_BYTES, Math.min(native.capacity * SHARE, MOST_BYTES))
    this.#most = this.#leastHeld
  }

  /** Called before a batch is leased. */
  lease(bytes: number): void {
    if (this.#bytes > this.#limit) this.#collect()
    this.#bytes += bytes
  }

  /** The writer waits for space that is leased here. Nothing that was leased before the last look is found by another. */
  wanted(): void {
    if (this.#bytes > 0) this.#collect()
  }

  /** A program that gives one back by hand is taken to do so with all: nothing has to be looked for. */
  released(): void {
    this.#bytes = 0
  }

  get #leastHeld(): number {
    return this.#native.capacity * HELD_SHARE
  }

  /**
   * Finalizers give the space back when the event loop turns, so it is asked to turn soon. It may not, in a loop of
   * `readSync` or `tryRead`: until it does, what is leased from here on is watched, and each look gives garbage back itself.
   */
  #collect(): void {
    this.#bytes = 0
    if (this.#watching) this.#look()
    else {
      collectYoung()
      this.#watching = true
      this.#native.watch(true)
      setImmediate(() => this.#turned())
    }
    turnSoon()
  }

  #look(): void {
    if (this.#native.look(collectYoung, false) <= this.#most) return
    this.#most = Math.max(this.#leastHeld, 2 * this.#native.look(collectAll, true))
  }

  #turned(): void {
    this.#watching = false
    this.#native.watch(false)
  }
}
