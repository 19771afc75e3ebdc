import { fromNative, NotFoundError } from '../../base/errors.js'
import { addon } from '../../native/load_addon.js'
import type { NativeReader } from '../../native/addon.js'
import type { CheckedReaderOptions } from '../options.js'

const FIRST_POLL_MS = 2
const LAST_POLL_MS = 50

/** An arena that a reader wants to attach to and that may not exist yet. Nobody rings for a birth, so it is polled. */
export class PendingArena {
  readonly #name: string
  readonly #options: CheckedReaderOptions
  readonly #deadline: number
  #pollMs = FIRST_POLL_MS
  #timer: NodeJS.Timeout | undefined

  constructor(name: string, options: CheckedReaderOptions) {
    this.#name = name
    this.#options = options
    this.#deadline = performance.now() + options.waitMs
  }

  /** Milliseconds until `attempt` is worth repeating. */
  get pollMs(): number {
    const left = this.#deadline - performance.now()
    return Math.max(1, Math.min(this.#pollMs, left))
  }

  /** Attaches; undefined when there is no such arena and time is left. */
  attempt(): NativeReader | undefined {
    try {
      if (this.#options.waitMs > 0 && isRemains(this.#name)) {
        throw new NotFoundError(`arena "${this.#name}" is what a writer that died left, with nothing to read`)
      }
      return addon().attachReader(this.#name, this.#options.native)
    } catch (cause) {
      const error = fromNative(cause)
      if (!(error instanceof NotFoundError) || this.#options.waitMs === 0) throw error
      if (performance.now() >= this.#deadline) {
        throw new NotFoundError(`${error.message} (waited ${this.#options.waitMs} ms for it)`, { cause })
      }
      return undefined
    }
  }

  /** Calls `poll` when `attempt` is worth repeating. */
  arm(poll: () => void): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      poll()
    }, this.pollMs)
    this.#pollMs = Math.min(2 * this.#pollMs, LAST_POLL_MS)
  }

  disarm(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pollMs = FIRST_POLL_MS
  }
}

/** A dead writer's arena without a batch: whoever waits for an arena waits for the next writer. */
function isRemains(name: string): boolean {
  const { writerAlive, state, oldest, published } = addon().inspectArena(name)
  return !writerAlive && state === 'open' && oldest === published
}
