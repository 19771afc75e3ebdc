import { setImmediate as turn } from 'node:timers/promises'

import type { ArenaBatch } from './reading/batch_receiver.js'
import type { BlockLimits } from '../base/deadline.js'
import { InvalidArgumentError } from '../base/errors.js'
import type { ReaderOptions, WriterOptions } from './options.js'
import type { WaitOptions } from '../base/wait_options.js'
import { polars, polarsOfBatch, type PolarsDataFrame } from './polars/frames.js'
import { ArenaReader, type ReaderStats } from './reading/reader.js'
import { ReaderIterator, type IterateOptions } from './reading/iterator.js'
import { ArenaWriter } from './writing/writer.js'

/** What a reader of DataFrames can be told. Frames are copies, so there is no lease to choose. */
export type DataFrameReaderOptions = Omit<ReaderOptions, 'lease'>

/**
 * Polars DataFrames through an arena. Polars for Node owns its memory and takes and gives copies only; record batches
 * (`createReader`) are read in place.
 */
export const SharedDataFrame = {
  /** A writer whose `write(df)` takes polars DataFrames (and record batches and tables). One frame is one batch. */
  createWriter(name: string, options?: WriterOptions): ArenaWriter {
    return new ArenaWriter(name, options)
  },

  /**
   * A reader whose `read()` gives polars DataFrames.
   * @throws PolarsMissingError
   */
  createReader(name: string, options?: DataFrameReaderOptions): SharedDataFrameReader {
    return new SharedDataFrameReader(name, options)
  },
} as const

/** Reads the batches of an arena as polars DataFrames. */
export class SharedDataFrameReader implements AsyncIterable<PolarsDataFrame>, AsyncDisposable, Disposable {
  readonly name: string
  readonly #reader: ArenaReader

  /** See `SharedDataFrame.createReader`. */
  constructor(name: string, options?: DataFrameReaderOptions) {
    polars()
    if (options !== undefined && 'lease' in options) {
      throw new InvalidArgumentError(
        'options.lease has no meaning here: a DataFrame is a copy, nothing stays leased',
      )
    }
    this.#reader = new ArenaReader(name, options)
    this.name = this.#reader.name
  }

  /** The next frame, or null at the end. Fails as `ArenaReader.read` does; a frame larger than the ring comes in parts. */
  async read(limits?: WaitOptions): Promise<PolarsDataFrame | null> {
    const batch = await this.#reader.read(limits)
    // Polars frees frames in finalizers, which only run when the event loop turns.
    await turn()
    return batch && this.#convert(batch)
  }

  /** The next frame, null at the end, or undefined when nothing is ready. */
  tryRead(): PolarsDataFrame | null | undefined {
    const batch = this.#reader.tryRead()
    return batch && this.#convert(batch)
  }

  /** Like `read`, but blocks the thread. */
  readSync(limits?: BlockLimits): PolarsDataFrame | null {
    const batch = this.#reader.readSync(limits)
    return batch && this.#convert(batch)
  }

  /** Waits until the arena exists. */
  ready(limits?: WaitOptions): Promise<void> {
    return this.#reader.ready(limits)
  }

  /** Every frame until the end; `break` closes the reader. */
  [Symbol.asyncIterator](): AsyncIterableIterator<PolarsDataFrame> {
    return this.frames()
  }

  /** Every frame until the end, with options such as a signal; `break` closes the reader. */
  frames(options?: IterateOptions): AsyncIterableIterator<PolarsDataFrame> {
    return new ReaderIterator(this, options)
  }

  get lag(): number {
    return this.#reader.lag
  }

  get closed(): boolean {
    return this.#reader.closed
  }

  /** After `close` the last numbers. */
  stats(): ReaderStats {
    return this.#reader.stats()
  }

  /** Detaches. Frames that were read stay. Idempotent. */
  close(): void {
    this.#reader.close()
  }

  /** Closes. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  #convert(batch: ArenaBatch): PolarsDataFrame {
    try {
      return polarsOfBatch(batch)
    } finally {
      this.#reader.release(batch)
    }
  }
}
