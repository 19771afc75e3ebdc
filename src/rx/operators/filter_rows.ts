import type { RecordBatch, TypeMap } from 'apache-arrow'
import { filter, type MonoTypeOperatorFunction, pipe } from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import type { Cells, ColumnName } from '../../frames/column_types.js'
import { filterRows as filterBatch } from '../../frames/filter.js'
import { validateFunction, validateNames } from '../../base/validators.js'
import { mapBatch } from '../map_batch.js'

/**
 * The rows for which a predicate on the cells of some columns holds (a null cell is null). A batch without such rows is left out.
 * Synchronous, nothing is buffered. Rows that lie together stay views of their batch, others are copied. What the predicate
 * throws is emitted as the error.
 *
 * @example
 * of(batch) // prices 10, 20, 30
 *   .pipe(filterRows(['price'], (price) => price !== null && price > 10))
 *   .subscribe((b) => console.log(b.numRows))
 * // 2
 */
export function filterRows<
  T extends TypeMap = AnySchema,
  const Names extends readonly ColumnName<T>[] = readonly ColumnName<T>[],
>(names: Names, predicate: (...cells: Cells<T, Names>) => boolean): MonoTypeOperatorFunction<RecordBatch<T>> {
  validateNames(names, 'names')
  validateFunction(predicate, 'predicate')
  return pipe(
    mapBatch((batch: RecordBatch<T>) => filterBatch(batch, names, predicate)),
    filter((batch) => batch.numRows > 0),
  )
}
