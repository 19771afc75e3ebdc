import { addAbortSignal, Readable } from 'node:stream'

import type { TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import { createReader } from '../core/arena.js'
import type { ArenaBatch } from '../core/reading/batch_receiver.js'
import { InvalidArgumentError } from '../base/errors.js'
import { release } from '../core/reading/lease.js'
import type { ReaderOptions } from '../core/options.js'
import { ArenaReader, type ReaderStats } from '../core/reading/reader.js'
import { validateName, validateObject } from '../base/validators.js'
import { readUnlessDestroyed } from './destroyed.js'
import { LastError } from './last_error.js'
import { highWaterMarkOf, taken, type StreamOptions } from './options.js'
import type { StreamOf } from './stream_of.js'

/** Options of a stream over an arena. Those of the reader cannot be given together with one. */
export interface ArenaReadableOptions extends ReaderOptions, StreamOptions {}

/**
 * The batches of an arena as a Readable in object mode. A batch is taken from the ring only when the stream is asked for one
 * (and `highWaterMark` ahead), so a slow consumer slows the writer in the other process.
 *
 * Destroying the stream, by `break`, an AbortSignal or an error elsewhere in the pipeline, ends a pending wait at once and
 * closes the reader. The stream ends when the writer ends. When the writer aborts or dies, or a batch is corrupt, the stream
 * fails, after everything that came before: once its consumer has taken that and asks for more, and what it was piped into is done
 * with it.
 *
 * `lease: 'scoped'` releases a batch when `for await` asks for the next one; otherwise when the stream has read
 * `highWaterMark` + 2 later ones, so it suits handlers that are done with a batch when they return, not destinations that
 * queue.
 */
export class ArenaReadable<T extends TypeMap = AnySchema> extends Readable {
  readonly #reader: ArenaReader<T>
  readonly #scope: Scope<T> | undefined
  readonly #ahead: ArenaBatch<T>[] = []
  readonly #mostAhead: number
  readonly #lastError = new LastError(this, () => this.readableLength + this.#ahead.length === 0)
  #filling = false
  /** Node's buffer has room. */
  #wanted = false
  #ended = false

  /** See `createReadable`. */
  constructor(source: string | ArenaReader<T>, options: ArenaReadableOptions = {}) {
    validateObject(options, 'options')
    if (!(source instanceof ArenaReader)) validateName(source)
    const { highWaterMark, signal, lease, ...readerOptions } = options
    const hwm = highWaterMarkOf(highWaterMark)
    if (typeof source !== 'string' && source.lease === 'scoped') {
      throw new InvalidArgumentError(
        "a stream reads ahead of its consumer, so its reader cannot have lease: 'scoped'; give that option to the stream",
      )
    }
    // The other batches wait in this class: Node's web streams make a queue as long as this one, and an error cuts it off. One batch
    // they can only have taken when they ask for the next.
    super({ objectMode: true, highWaterMark: 1 })
    this.#mostAhead = hwm - 1
    // A stream asks for batches ahead of its consumer, so the scope is kept here and not in the reader.
    if (lease === 'scoped') this.#scope = new Scope(hwm)
    else if (lease !== undefined) Object.assign(readerOptions, { lease })
    this.#reader =
      typeof source === 'string' ? createReader<T>(source, readerOptions) : taken(source, readerOptions)
    // Last, because a signal that has fired destroys the stream at once.
    if (signal !== undefined) addAbortSignal(signal, this)
  }

  /** The reader behind the stream, for its counters; do not read from it. */
  get reader(): ArenaReader<T> {
    return this.#reader
  }

  /** Of the reader behind the stream. */
  stats(): ReaderStats {
    return this.#reader.stats()
  }

  /** Batches that are published and not taken from the ring yet. */
  get lag(): number {
    return this.#reader.lag
  }

  /** Every batch until the end; `break` destroys the stream. */
  override [Symbol.asyncIterator](): ReturnType<Readable[typeof Symbol.asyncIterator]> {
    const batches = super[Symbol.asyncIterator]() as NodeJS.AsyncIterator<ArenaBatch<T>>
    return this.#scope === undefined ? batches : scoped(batches)
  }

  override read(size?: number): ReturnType<Readable['read']> {
    const batch: unknown = readUnlessDestroyed(this, () => super.read(size) as unknown)
    this.#lastError.read(batch, size)
    return batch
  }

  /** @internal Called by Node. */
  override _read(): void {
    this.#wanted = true
    this.#give()
    if (this.#filling || this.#ended || this.#lastError.isHeld) return
    this.#filling = true
    void this.#fill()
  }

  /** @internal Called by Node. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#lastError.drop()
    this.#ahead.length = 0
    this.#reader.close()
    callback(error)
  }

  /** Reads as far ahead as it may; the next `_read` goes on. */
  async #fill(): Promise<void> {
    try {
      while (this.#wanted || this.#ahead.length < this.#mostAhead) {
        const batch = await this.#reader.read()
        // What was read after a destroy goes back with the reader.
        if (this.destroyed) break
        if (batch === null) {
          this.#ended = true
          this.#give()
          break
        }
        this.#scope?.entered(batch)
        if (this.#wanted && this.#ahead.length === 0) this.#push(batch)
        else this.#ahead.push(batch)
      }
    } catch (error) {
      this.#lastError.failed(() => this.destroy(error as Error))
    } finally {
      this.#filling = false
    }
  }

  #push(batch: ArenaBatch<T>): void {
    this.#lastError.pushing()
    this.#wanted = this.push(batch)
  }

  /** Pushes until refused. */
  #give(): void {
    while (this.#wanted && this.#ahead.length > 0) this.#push(this.#ahead.shift()!)
    if (this.#ended && this.#ahead.length === 0) this.push(null)
  }
}

/** A Readable of the batches of the arena `source`, or of a reader, which the stream then owns. */
export function createReadable<T extends TypeMap = AnySchema>(
  source: string | ArenaReader<T>,
  options?: ArenaReadableOptions,
): StreamOf<ArenaBatch<T>, ArenaReadable<T>> {
  return new ArenaReadable<T>(source, options)
}

/** Releases what neither the stream's buffer nor its consumer can still hold. */
class Scope<T extends TypeMap> {
  readonly #held: ArenaBatch<T>[] = []
  readonly #most: number

  /** One batch is with the consumer, up to `highWaterMark` are buffered, and one is on its way. */
  constructor(highWaterMark: number) {
    this.#most = highWaterMark + 2
  }

  entered(batch: ArenaBatch<T>): void {
    this.#held.push(batch)
    if (this.#held.length > this.#most) release(this.#held.shift()!)
  }
}

/** Releases each batch when the next one is asked for. */
function scoped<T extends TypeMap>(
  batches: NodeJS.AsyncIterator<ArenaBatch<T>>,
): NodeJS.AsyncIterator<ArenaBatch<T>> {
  let last: ArenaBatch<T> | undefined
  const leave = () => {
    if (last !== undefined) release(last)
    last = undefined
  }
  return {
    async next() {
      leave()
      const result = await batches.next()
      if (result.done !== true) last = result.value
      return result
    },
    async return() {
      leave()
      return batches.return!()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  } as NodeJS.AsyncIterator<ArenaBatch<T>>
}
