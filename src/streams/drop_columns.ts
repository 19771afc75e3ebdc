import type { RecordBatch, TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import type { ColumnName } from '../frames/column_types.js'
import { dropColumns as dropOf } from '../frames/select.js'
import { validateNames } from '../base/validators.js'
import { type BatchStream, BatchTransform } from './batch_transform.js'

/**
 * Batches without the named columns, over the same memory.
 * @example pipeline(source, dropColumns(['internalId']), createWritable('public'))
 */
export function dropColumns<T extends TypeMap = AnySchema, const K extends ColumnName<T> = ColumnName<T>>(
  names: readonly K[],
): BatchStream<RecordBatch<T>, RecordBatch<Omit<T, K>>> {
  validateNames(names, 'names')
  return new BatchTransform({ each: (batch: RecordBatch<T>) => [dropOf(batch, names)] })
}
