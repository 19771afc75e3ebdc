import type { RecordBatch, TypeMap } from 'apache-arrow'
import type { OperatorFunction } from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import type { ColumnName } from '../../frames/column_types.js'
import { dropColumns as drop } from '../../frames/select.js'
import { validateNames } from '../../base/validators.js'
import { mapBatch } from '../map_batch.js'

/**
 * Batches without the named columns, over the same memory. Synchronous: one output to each input, nothing is buffered. Fails with
 * `ERR_QADS_COLUMN_NOT_FOUND` when a batch has no such column.
 *
 * @example
 * of(batch).pipe(dropColumns(['size'])).subscribe((b) => console.log(b.schema.names))
 * // ['sym', 'price']
 */
export function dropColumns<T extends TypeMap = AnySchema, const K extends ColumnName<T> = ColumnName<T>>(
  names: readonly K[],
): OperatorFunction<RecordBatch<T>, RecordBatch<Omit<T, K>>> {
  validateNames(names, 'names')
  return mapBatch((batch) => drop(batch, names))
}
