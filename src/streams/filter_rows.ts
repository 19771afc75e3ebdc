import type { RecordBatch, TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import type { Cells, ColumnName } from '../frames/column_types.js'
import { filterRows as filterOf } from '../frames/filter.js'
import { validateFunction, validateNames } from '../base/validators.js'
import { type BatchStream, BatchTransform } from './batch_transform.js'

/**
 * The rows for which a predicate on the cells of some columns holds. A batch without such rows is left out. Rows that lie together
 * stay views of their batch; others are copied.
 *
 * @example pipeline(source, filterRows(['bid', 'ask'], (bid, ask) => bid < ask), createWritable('uncrossed'))
 */
export function filterRows<
  T extends TypeMap = AnySchema,
  const Names extends readonly ColumnName<T>[] = readonly ColumnName<T>[],
>(
  names: Names,
  predicate: (...cells: Cells<T, Names>) => boolean,
): BatchStream<RecordBatch<T>, RecordBatch<T>> {
  validateNames(names, 'names')
  validateFunction(predicate, 'predicate')
  return new BatchTransform({
    each(batch: RecordBatch<T>) {
      const rows = filterOf(batch, names, predicate)
      return rows.numRows > 0 ? [rows] : []
    },
  })
}
