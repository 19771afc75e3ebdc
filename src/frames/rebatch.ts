import { type RecordBatch, type TypeMap } from 'apache-arrow'
import type { AnySchema } from '../base/any_schema.js'
import { adoptBatch } from './adopt.js'
import { batchByteLength } from './byte_length.js'
import { concatBatches, copyBatch } from './concat.js'
import { checkCount } from './frame_error.js'
import { sameColumns } from './same_type.js'
import { sliceRows } from './slice.js'

/** How large the batches that `Rebatcher` makes shall be. One of the two, or both: then whichever is reached first. */
export interface BatchSize {
  /** Rows of a batch: exactly so many, but for the last. */
  readonly rows?: number
  /** Bytes of a batch, as `batchByteLength` counts them: at most so many, unless a single row has more. */
  readonly bytes?: number
}

/**
 * Cuts and joins batches to a size. Rows that make up an output with nothing before them are a slice over the memory of their
 * batch. Rows that have to wait for later batches are copied, so that nothing of a batch is held after `add` returned
 * and its outputs are done with.
 *
 * A batch with other columns ends the output that is being filled, early.
 */
export class Rebatcher<T extends TypeMap = AnySchema> {
  private waiting: RecordBatch<T>[] = []
  private waitingRows = 0
  private waitingBytes = 0

  constructor(private readonly size: BatchSize) {
    if (size.rows !== undefined) checkCount(size.rows, 'rows')
    if (size.bytes !== undefined) checkCount(size.bytes, 'bytes')
  }

  /** Rows that wait for more. */
  get pendingRows(): number {
    return this.waitingRows
  }

  /** Takes a batch, and gives the batches that it completes. Those are made one at a time, as they are asked for. */
  *add(given: RecordBatch<T>): Generator<RecordBatch<T>, void, undefined> {
    const batch = adoptBatch(given)
    const [first] = this.waiting
    if (first !== undefined && !sameColumns(first.schema, batch.schema)) yield* this.flush()
    let begin = 0
    while (begin < batch.numRows) {
      const end = this.fill(batch, begin)
      if (end === undefined) {
        this.keep(sliceRows(batch, begin))
        return
      }
      const part = sliceRows(batch, begin, end)
      begin = end
      if (this.waiting.length === 0) yield part
      else yield this.join(part)
    }
  }

  /** The rows that wait, as one last batch; nothing when there are none. */
  *flush(): Generator<RecordBatch<T>, void, undefined> {
    if (this.waiting.length > 0) yield this.join()
  }

  /** Where in the batch the current output is full, or undefined when it has room for more than the batch has. */
  private fill(batch: RecordBatch<T>, begin: number): number | undefined {
    const { rows = Infinity, bytes = Infinity } = this.size
    const rowLimit = begin + rows - this.waitingRows
    let end = Math.min(rowLimit, batch.numRows)
    const room = bytes - this.waitingBytes
    if (bytes < Infinity && batchByteLength(batch, begin, end) > room) {
      end = lastFit(batch, begin, end, room)
      // Not a row fits behind those that wait: they are the output. Where none wait, a row larger than the size goes alone.
      return end > begin || this.waitingRows > 0 ? end : begin + 1
    }
    return end === rowLimit ||
      (end === batch.numRows && this.waitingBytes + batchByteLength(batch, begin, end) === bytes)
      ? end
      : undefined
  }

  private keep(rows: RecordBatch<T>): void {
    this.waiting.push(copyBatch(rows))
    this.waitingRows += rows.numRows
    this.waitingBytes += this.size.bytes === undefined ? 0 : batchByteLength(rows)
  }

  private join(last?: RecordBatch<T>): RecordBatch<T> {
    const parts = last !== undefined && last.numRows > 0 ? [...this.waiting, last] : this.waiting
    this.waiting = []
    this.waitingRows = 0
    this.waitingBytes = 0
    return parts.length === 1 ? parts[0]! : concatBatches(parts)
  }
}

/** The largest `end` up to `limit` for which the rows [begin, end) take no more than `room` bytes; sizes grow with `end`, so by bisection. */
function lastFit(batch: RecordBatch, begin: number, limit: number, room: number): number {
  let low = begin
  let high = limit
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (batchByteLength(batch, begin, middle) <= room) low = middle
    else high = middle - 1
  }
  return low
}
