import { collectYoung } from './collect_young.js'
import { turnSoon } from './turn.js'

/**
 * The share of the ring that may be leased before garbage is looked for, within bounds. Little garbage at a time is cheap:
 * V8 takes the memory behind what it finds at once for growth of its heap, and marks all of it when that is much.
 */
const SHARE = 1 / 8
const LEAST_BYTES = 2 ** 20
const MOST_BYTES = 8 * 2 ** 20

/** Bytes of the ring that a reader has leased since one was last given back by hand: some of them may be garbage. */
export class Unreleased {
  readonly #limit: number
  #bytes = 0

  /** @param capacity Bytes of the ring. */
  constructor(capacity: number) {
    this.#limit = Math.max(LEAST_BYTES, Math.min(capacity * SHARE, MOST_BYTES))
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

  #collect(): void {
    this.#bytes = 0
    collectYoung()
    // Finalizers give the space back, and they run when the event loop turns.
    turnSoon()
  }

  /** A program that gives one back by hand is taken to do so with all: nothing has to be looked for. */
  released(): void {
    this.#bytes = 0
  }
}
