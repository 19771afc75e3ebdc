import type { RecordBatch, TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import type { ColumnName } from '../frames/column_types.js'
import { selectColumns as selectOf } from '../frames/select.js'
import { validateNames } from '../base/validators.js'
import { type BatchStream, BatchTransform } from './batch_transform.js'

/**
 * Batches of the named columns, in the order named, over the same memory.
 * @example pipeline(createReadable('ticks'), selectColumns(['time', 'price']), createWritable('prices'))
 */
export function selectColumns<T extends TypeMap = AnySchema, const K extends ColumnName<T> = ColumnName<T>>(
  names: readonly K[],
): BatchStream<RecordBatch<T>, RecordBatch<Pick<T, K>>> {
  validateNames(names, 'names')
  return new BatchTransform({ each: (batch: RecordBatch<T>) => [selectOf(batch, names)] })
}
