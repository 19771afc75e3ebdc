import { type RecordBatch, Schema, type TypeMap } from 'apache-arrow'
import { adoptBatch } from './adopt.js'
import { columnIndex, columnIndices, makeBatch } from './batch.js'
import { type ColumnName, type Renamed } from './column_types.js'
import { InvalidArgumentError } from '../base/errors.js'

/**
 * A batch of the named columns, in the order named, over the same memory. Throws `ERR_QADS_COLUMN_NOT_FOUND`.
 *
 * In place of `RecordBatch.select`, which gives nulls for all but the first columns of a batch.
 */
export function selectColumns<T extends TypeMap, K extends ColumnName<T>>(
  batch: RecordBatch<T>,
  names: readonly K[],
): RecordBatch<Pick<T, K>> {
  const indices = names.map((name) => columnIndex(batch.schema, name))
  if (new Set(indices).size !== indices.length) {
    throw new InvalidArgumentError(`a column is named twice in ${JSON.stringify(names)}`)
  }
  return columnsAt(batch, indices)
}

/** A batch without the named columns, over the same memory; without all columns of a name. Throws `ERR_QADS_COLUMN_NOT_FOUND`. */
export function dropColumns<T extends TypeMap, K extends ColumnName<T>>(
  batch: RecordBatch<T>,
  names: readonly K[],
): RecordBatch<Omit<T, K>> {
  const dropped = new Set(names.flatMap((name) => columnIndices(batch.schema, name)))
  return columnsAt(
    batch,
    [...batch.schema.fields.keys()].filter((i) => !dropped.has(i)),
  )
}

function columnsAt<S extends TypeMap>(batch: RecordBatch, indices: readonly number[]): RecordBatch<S> {
  const { schema: whole, data, numRows, metadata: own } = adoptBatch(batch)
  const { fields, metadata } = whole
  const schema = new Schema<S>(indices.map((i) => fields[i]!) as never, metadata)
  return makeBatch(
    schema,
    indices.map((i) => data.children[i]!),
    numRows,
    own,
  )
}

/**
 * A batch with columns under new names, over the same memory. Throws `ERR_QADS_COLUMN_NOT_FOUND` for an old name that
 * is not there, and `ERR_QADS_INVALID_ARGUMENT` for one that two columns have, and for a new name that another column has.
 */
export function renameColumns<T extends TypeMap, const M extends { readonly [K in keyof T]?: string }>(
  source: RecordBatch<T>,
  names: M,
): RecordBatch<Renamed<T, M>> {
  const batch = adoptBatch(source)
  const newNames = new Map(Object.entries(names).map(([from, to]) => [columnIndex(batch.schema, from), to!]))
  const fields = batch.schema.fields.map((field, i) => field.clone({ name: newNames.get(i) ?? field.name }))
  for (const i of newNames.keys()) {
    const { name } = fields[i]!
    if (fields.some((field, other) => other !== i && field.name === name))
      throw new InvalidArgumentError(`renaming gives two columns "${name}"`)
  }
  const schema = new Schema<Renamed<T, M>>(fields as never, batch.schema.metadata)
  return makeBatch(schema, batch.data.children, batch.numRows, batch.metadata)
}
