import { addAbortSignal, Writable } from 'node:stream'

import type { TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import { createWriter } from '../core/arena.js'
import type { WriterOptions } from '../core/options.js'
import { validateBoolean, validateName, validateObject } from '../base/validators.js'
import type { Writable as Data } from '../core/writing/write_source.js'
import { ArenaWriter, type WriterStats } from '../core/writing/writer.js'
import { destroyedError } from './destroyed.js'
import { highWaterMarkOf, taken, type StreamOptions } from './options.js'

/** Options of a stream into an arena. Those of the writer cannot be given together with one. */
export interface ArenaWritableOptions extends WriterOptions, StreamOptions {
  /**
   * When the stream is finished before any reader attached to a `block` arena, wait for the first one before closing, because
   * what is unread would vanish. Default true.
   */
  waitForReader?: boolean
}

/**
 * A Writable in object mode that puts record batches, tables and polars DataFrames into an arena. A write is done when its
 * batch is in the ring, so a slow reader in another process slows the source of the pipeline.
 *
 * Finishing ends the arena. Destroying the stream first, by an error anywhere in the pipeline or an AbortSignal, aborts it:
 * readers get what is in the ring, and then fail with that error's message instead of seeing a clean end.
 */
export class ArenaWritable<T extends TypeMap = AnySchema> extends Writable {
  readonly #writer: ArenaWriter<T>
  readonly #waitForReader: boolean

  /** See `createWritable`. */
  constructor(target: string | ArenaWriter<T>, options: ArenaWritableOptions = {}) {
    validateObject(options, 'options')
    if (!(target instanceof ArenaWriter)) validateName(target)
    const { highWaterMark, signal, waitForReader = true, ...writerOptions } = options
    validateBoolean(waitForReader, 'options.waitForReader')
    super({ objectMode: true, highWaterMark: highWaterMarkOf(highWaterMark) })
    this.#waitForReader = waitForReader
    this.#writer =
      typeof target === 'string' ? createWriter<T>(target, writerOptions) : taken(target, writerOptions)
    // Last, because a signal that has fired destroys the stream at once.
    if (signal !== undefined) addAbortSignal(signal, this)
  }

  /** The writer behind the stream, for its counters; do not write to it. */
  get writer(): ArenaWriter<T> {
    return this.#writer
  }

  /** Of the writer behind the stream. */
  stats(): WriterStats {
    return this.#writer.stats()
  }

  /** @internal Called by Node. */
  override _write(data: Data<T>, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#writer.write(data).then(() => callback(), this.#failed(callback))
  }

  /** @internal Called by Node. */
  override _writev(
    chunks: { chunk: Data<T>; encoding: BufferEncoding }[],
    callback: (error?: Error | null) => void,
  ): void {
    this.#writeAll(chunks).then(() => callback(), this.#failed(callback))
  }

  /** @internal Called by Node. */
  override _final(callback: (error?: Error | null) => void): void {
    this.#writer.finish({ waitForReader: this.#waitForReader }).then(() => callback(), this.#failed(callback))
  }

  /** @internal Called by Node. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // After a finish the writer is closed, and this does nothing.
    if (error !== null) this.#writer.abort(error)
    else if (!this.writableFinished) this.#writer.abort('the stream was destroyed before its end')
    else this.#writer.close()
    callback(error)
  }

  /** The writer calls what a destroy cut off closed; streams call it destroyed, or give the error it was destroyed with. */
  #failed(callback: (error: Error) => void): (error: Error) => void {
    return (error) => callback(this.destroyed ? (this.errored ?? destroyedError()) : error)
  }

  async #writeAll(chunks: readonly { chunk: Data<T> }[]): Promise<void> {
    for (const { chunk } of chunks) await this.#writer.write(chunk)
  }
}

/** A Writable into the arena `target`, which is created, or into a writer, which the stream then owns. */
export function createWritable<T extends TypeMap = AnySchema>(
  target: string | ArenaWriter<T>,
  options?: ArenaWritableOptions,
): ArenaWritable<T> {
  return new ArenaWritable<T>(target, options)
}
