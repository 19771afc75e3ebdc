import type { RecordBatch, TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import { batchByteLength } from '../frames/byte_length.js'
import { batchInfo } from '../core/reading/lease.js'
import { validateFunction } from '../base/validators.js'
import { BatchTransform } from './batch_transform.js'
import type { StreamOf } from './stream_of.js'

/** What has passed a tap. */
export interface TapStats {
  batches: number
  rows: number
  /** Bytes of the slots; of batches that come from elsewhere, of their values, offsets and validity. */
  bytes: number
  /** Batches that were lost before those that passed (`drop-oldest`). */
  lost: number
  /** Milliseconds from the first batch to the last. */
  elapsedMs: number
  /** Means over `elapsedMs`; 0 until a second batch has passed. */
  rowsPerSecond: number
  bytesPerSecond: number
}

/** Passes batches through unchanged and counts them. */
export class Tap<T extends TypeMap = AnySchema> extends BatchTransform<RecordBatch<T>, RecordBatch<T>> {
  #batches = 0
  #rows = 0
  #bytes = 0
  #lost = 0
  #first = 0
  #last = 0

  /** See `tap`. */
  constructor(observe?: (batch: RecordBatch<T>, stats: TapStats) => void) {
    if (observe !== undefined) validateFunction(observe, 'observe')
    super({
      each: (batch) => {
        this.#count(batch)
        observe?.(batch, this.stats())
        return [batch]
      },
    })
  }

  /** What has passed so far. */
  stats(): TapStats {
    const elapsedMs = this.#last - this.#first
    const perSecond = (amount: number) => (elapsedMs > 0 ? (amount / elapsedMs) * 1000 : 0)
    return {
      batches: this.#batches,
      rows: this.#rows,
      bytes: this.#bytes,
      lost: this.#lost,
      elapsedMs,
      rowsPerSecond: perSecond(this.#rows),
      bytesPerSecond: perSecond(this.#bytes),
    }
  }

  #count(batch: RecordBatch<T>): void {
    const info = batchInfo(batch)
    this.#last = performance.now()
    if (this.#batches === 0) this.#first = this.#last
    this.#batches++
    this.#rows += batch.numRows
    this.#bytes += info?.bytes ?? batchByteLength(batch)
    this.#lost += info?.lost?.count ?? 0
  }
}

/**
 * Passes batches through unchanged, counts them, and calls `observe` with each and the counters so far.
 *
 * @example
 * const meter = tap()
 * await pipeline(createReadable('ticks'), meter, createWritable('copy'))
 * console.log(meter.stats().rowsPerSecond)
 */
export function tap<T extends TypeMap = AnySchema>(
  observe?: (batch: RecordBatch<T>, stats: TapStats) => void,
): StreamOf<RecordBatch<T>, Tap<T>> {
  return new Tap<T>(observe)
}
