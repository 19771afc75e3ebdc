import type { RecordBatch, TypeMap } from 'apache-arrow'
import type { OperatorFunction } from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import type { ColumnName } from '../../frames/column_types.js'
import { selectColumns as select } from '../../frames/select.js'
import { validateNames } from '../../base/validators.js'
import { mapBatch } from '../map_batch.js'

/**
 * Batches of the named columns, in the order named, over the same memory. Synchronous: one output to each input, nothing is buffered.
 * Fails with `ERR_QADS_COLUMN_NOT_FOUND` when a batch has no such column.
 *
 * @example
 * of(batch).pipe(selectColumns(['price', 'sym'])).subscribe((b) => console.log(b.schema.names))
 * // ['price', 'sym']
 */
export function selectColumns<T extends TypeMap = AnySchema, const K extends ColumnName<T> = ColumnName<T>>(
  names: readonly K[],
): OperatorFunction<RecordBatch<T>, RecordBatch<Pick<T, K>>> {
  validateNames(names, 'names')
  return mapBatch((batch) => select(batch, names))
}
