import { collectYoung } from './collect_young.js'
import { turnSoon } from './turn.js'

/** Bytes of the ring that a reader has leased since one was last given back by hand: some of them may be garbage. */
export class Unreleased {
  readonly #limit: number
  #bytes = 0

  /** @param limit Looks for garbage when there are more. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Called before a batch is leased. */
  lease(bytes: number): void {
    if (this.#bytes > this.#limit) {
      this.#bytes = 0
      collectYoung()
      // Finalizers give the space back, and they run when the event loop turns.
      turnSoon()
    }
    this.#bytes += bytes
  }

  /** A program that gives one back by hand is taken to do so with all: nothing has to be looked for. */
  released(): void {
    this.#bytes = 0
  }
}
