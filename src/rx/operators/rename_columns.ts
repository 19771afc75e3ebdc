import type { RecordBatch, TypeMap } from 'apache-arrow'
import type { OperatorFunction } from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import type { Renamed } from '../../frames/column_types.js'
import { renameColumns as rename } from '../../frames/select.js'
import { validateNewNames } from '../../base/validators.js'
import { mapBatch } from '../map_batch.js'

/**
 * Batches with columns under new names, over the same memory. Synchronous: one output to each input, nothing is buffered. Fails with
 * `ERR_QADS_COLUMN_NOT_FOUND` when a batch has no column of an old name.
 *
 * @example
 * of(batch).pipe(renameColumns({ sym: 'symbol' })).subscribe((b) => console.log(b.schema.names))
 * // ['symbol', 'price', 'size']
 */
export function renameColumns<
  T extends TypeMap = AnySchema,
  const M extends { readonly [K in keyof T]?: string } = { readonly [K in keyof T]?: string },
>(names: M): OperatorFunction<RecordBatch<T>, RecordBatch<Renamed<T, M>>> {
  validateNewNames(names, 'names')
  return mapBatch((batch) => rename(batch, names))
}
