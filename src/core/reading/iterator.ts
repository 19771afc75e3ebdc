import { AbortedError, ClosedError } from '../../base/errors.js'
import { validateBoolean, validateObject, validateSignal } from '../../base/validators.js'
import type { WaitOptions } from '../../base/wait_options.js'

/** How `for await` over a reader behaves. */
export interface IterateOptions {
  /** Leave the reader open when the loop ends. Default false: its end, `break` and errors close the reader. */
  keepOpen?: boolean
  /** Ends a pending wait with an `AbortError`. */
  signal?: AbortSignal | undefined
}

/** What the iterator needs of a reader. */
interface Source<V> {
  readonly closed: boolean
  read(limits?: WaitOptions): Promise<V | null>
  close(): void
}

/** `break` reaches the reader: `return` closes it, which also ends a `next` that is still waiting. */
export class ReaderIterator<V> implements AsyncIterableIterator<V> {
  readonly #reader: Source<V>
  readonly #limits: WaitOptions | undefined
  readonly #stop = new AbortController()
  readonly #keepOpen: boolean
  #done = false
  // Made once: an async `next` would make a promise and its closures more for each value.
  readonly #onValue = (value: V | null): IteratorResult<V> => {
    if (value !== null) return { done: false, value }
    this.#finish()
    return { done: true, value: undefined }
  }
  readonly #onError = (error: unknown): IteratorResult<V> => {
    const returned = this.#done
    this.#finish()
    if (returned && (error instanceof ClosedError || error instanceof AbortedError))
      return { done: true, value: undefined }
    throw error
  }

  constructor(reader: Source<V>, options: IterateOptions = {}) {
    validateObject(options, 'options')
    const { keepOpen = false, signal } = options
    validateBoolean(keepOpen, 'options.keepOpen')
    if (signal !== undefined) validateSignal(signal, 'options.signal')
    this.#reader = reader
    this.#keepOpen = keepOpen
    // Closing the reader ends a pending read; a reader that stays open needs a signal for it.
    const signals = [signal, keepOpen ? this.#stop.signal : undefined].filter((one) => one !== undefined)
    this.#limits = signals.length > 0 ? { signal: AbortSignal.any(signals) } : undefined
  }

  next(): Promise<IteratorResult<V>> {
    if (this.#done) return Promise.resolve({ done: true, value: undefined })
    return this.#reader.read(this.#limits).then(this.#onValue, this.#onError)
  }

  async return(value?: unknown): Promise<IteratorResult<V>> {
    this.#finish()
    return { done: true, value: value as undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #finish(): void {
    this.#done = true
    if (this.#keepOpen) this.#stop.abort()
    else this.#reader.close()
  }
}
