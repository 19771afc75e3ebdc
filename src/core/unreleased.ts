import { collectYoung } from './collect_young.js'
import { turnSoon } from './turn.js'

/** Bytes of the ring that a reader has leased and that nobody has given back by hand: some of them may be garbage. */
export class Unreleased {
  readonly #limit: number
  #bytes = 0

  /** @param limit Looks for garbage when there are more. */
  constructor(limit: number) {
    this.#limit = limit
  }

  leased(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= this.#limit) return
    this.#bytes = 0
    collectYoung()
    // Finalizers give the space back, and they run when the event loop turns.
    turnSoon()
  }

  released(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes)
  }
}
