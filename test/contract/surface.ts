import type { ArenaBatch, OnFull, ReaderOptions } from 'qadataswap'

import type { NumberColumns } from '../support/batches.js'

export type NumberBatch = ArenaBatch<NumberColumns>

/** What a handler of batches says: `stop` ends the consumption early. */
export type Verdict = 'stop' | undefined

export interface ConsumeOptions extends Omit<ReaderOptions, 'lease'> {
  lease?: 'gc' | 'scoped'
  signal?: AbortSignal
}

/** One way to read an arena. */
export interface ConsumerSurface {
  name: string
  /** Batches that the surface may take from the ring before they are asked for. */
  readAhead: number
  /** Whether it knows when the next batch is asked for, and so when a scoped one is done with. */
  scoped: boolean
  /**
   * Calls `each` with every batch, and the next time only after it is done. Resolves at the end of the arena or after `stop`;
   * rejects with the arena's error or the signal's.
   */
  consume(
    name: string,
    options: ConsumeOptions,
    each: (batch: NumberBatch) => Promise<Verdict> | Verdict,
  ): Promise<void>
}

export interface ProduceOptions {
  sizeMb?: number
  bufferCount?: number
  onFull?: OnFull
  signal?: AbortSignal
}

/** One way to write an arena. */
export interface ProducerSurface {
  name: string
  /** Batches that the surface may take from its source before the ring has room for them. */
  takeAhead: number
  /**
   * Writes what the source gives, and resolves when it ended and the arena with it. An error of the source, or the signal,
   * aborts the arena, and the promise rejects with it.
   */
  produce(name: string, options: ProduceOptions, source: AsyncIterable<NumberBatch>): Promise<void>
}
