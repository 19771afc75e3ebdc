import type { RecordBatch, TypeMap } from 'apache-arrow'
import type { MonoTypeOperatorFunction } from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import { validateInteger } from '../../base/validators.js'
import { rebatching } from '../rebatching.js'

/**
 * Batches of as many rows as take up to `bytes` bytes (`batchByteLength`); a single row that takes more goes alone. Rows of one batch stay
 * views of it; rows that wait for a later batch are copied, and their batch's credit goes back. A batch with other columns ends
 * the one that is being filled.
 *
 * Emits when the next row does not fit any more, the rest on completion. An error is passed on at once, and the rows that wait are
 * dropped.
 *
 * @example
 * // four columns of 64-bit floats: 32 bytes a row, and a bit of validity for each
 * of(batch).pipe(rebatchBytes(64 * 1024)).subscribe((b) => console.log(b.numRows))
 * // 2016
 */
export function rebatchBytes<T extends TypeMap = AnySchema>(
  bytes: number,
): MonoTypeOperatorFunction<RecordBatch<T>> {
  validateInteger(bytes, 'bytes', 1, Number.MAX_SAFE_INTEGER)
  return rebatching<T>({ bytes })
}
