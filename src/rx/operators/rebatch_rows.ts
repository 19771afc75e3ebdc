import type { RecordBatch, TypeMap } from 'apache-arrow'
import type { MonoTypeOperatorFunction } from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import { validateInteger } from '../../base/validators.js'
import { rebatching } from '../rebatching.js'

/**
 * Batches of exactly `rows` rows, but for the last. Rows of one batch stay views of it; rows that wait for a later batch are copied, and
 * their batch's credit goes back. A batch with other columns ends the one that is being filled.
 *
 * Emits as soon as a batch is full, the rest on completion. An error is passed on at once, and the rows that wait are dropped.
 *
 * @example
 * of(threeRows, threeRows, threeRows).pipe(rebatchRows(4)).subscribe((b) => console.log(b.numRows))
 * // 4
 * // 4
 * // 1
 */
export function rebatchRows<T extends TypeMap = AnySchema>(
  rows: number,
): MonoTypeOperatorFunction<RecordBatch<T>> {
  validateInteger(rows, 'rows', 1, Number.MAX_SAFE_INTEGER)
  return rebatching<T>({ rows })
}
