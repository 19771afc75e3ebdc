import { type RecordBatch, Schema, type TypeMap } from 'apache-arrow'
import { columnIndex, makeBatch } from './batch.js'
import { type ColumnName, type Renamed } from './column_types.js'
import { InvalidArgumentError } from '../errors.js'

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
  const { fields, metadata } = batch.schema
  const schema = new Schema<Pick<T, K>>(indices.map((i) => fields[i]!) as never, metadata)
  return makeBatch(
    schema,
    indices.map((i) => batch.data.children[i]!),
    batch.numRows,
    batch.metadata,
  )
}

/** A batch without the named columns, over the same memory. Throws `ERR_QADS_COLUMN_NOT_FOUND`. */
export function dropColumns<T extends TypeMap, K extends ColumnName<T>>(
  batch: RecordBatch<T>,
  names: readonly K[],
): RecordBatch<Omit<T, K>> {
  const dropped = new Set(names.map((name) => columnIndex(batch.schema, name)))
  const kept = batch.schema.fields.filter((_, i) => !dropped.has(i)).map((field) => field.name)
  return selectColumns(batch, kept as ColumnName<T>[]) as unknown as RecordBatch<Omit<T, K>>
}

/**
 * A batch with columns under new names, over the same memory. Throws `ERR_QADS_COLUMN_NOT_FOUND` for an old name that
 * is not there, and `ERR_QADS_INVALID_ARGUMENT` when two columns would have one name.
 */
export function renameColumns<T extends TypeMap, const M extends { readonly [K in keyof T]?: string }>(
  batch: RecordBatch<T>,
  names: M,
): RecordBatch<Renamed<T, M>> {
  const newNames = new Map(Object.entries(names).map(([from, to]) => [columnIndex(batch.schema, from), to!]))
  const fields = batch.schema.fields.map((field, i) => field.clone({ name: newNames.get(i) ?? field.name }))
  const seen = new Set<string>()
  for (const { name } of fields) {
    if (seen.has(name)) throw new InvalidArgumentError(`renaming gives two columns "${name}"`)
    seen.add(name)
  }
  const schema = new Schema<Renamed<T, M>>(fields as never, batch.schema.metadata)
  return makeBatch(schema, batch.data.children, batch.numRows, batch.metadata)
}
