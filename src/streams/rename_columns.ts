import type { RecordBatch, TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import type { Renamed } from '../frames/column_types.js'
import { renameColumns as renameOf } from '../frames/select.js'
import { validateNewNames } from '../base/validators.js'
import { type BatchStream, BatchTransform } from './batch_transform.js'

/**
 * Batches with columns under new names, over the same memory.
 * @example pipeline(source, renameColumns({ px: 'price', qty: 'quantity' }), createWritable('orders'))
 */
export function renameColumns<
  T extends TypeMap = AnySchema,
  const M extends { readonly [K in keyof T]?: string } = { readonly [K in keyof T]?: string },
>(names: M): BatchStream<RecordBatch<T>, RecordBatch<Renamed<T, M>>> {
  validateNewNames(names, 'names')
  return new BatchTransform({ each: (batch: RecordBatch<T>) => [renameOf(batch, names)] })
}
