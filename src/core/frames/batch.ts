import { type Data, type Field, makeData, RecordBatch, type Schema, Struct, type TypeMap } from 'apache-arrow'
import { ColumnNotFoundError } from './frame_error.js'

const NAMES_SHOWN = 12

/** A record batch over columns of equal length. Nothing is copied. */
export function makeBatch<T extends TypeMap>(
  schema: Schema<T>,
  columns: readonly Data[],
  rows: number,
  metadata?: Map<string, string>,
): RecordBatch<T> {
  const type = new Struct<T>(schema.fields)
  const data = makeData({ type, length: rows, nullCount: 0, children: [...columns] })
  return new RecordBatch(schema, data, metadata)
}

/** The position of a column; throws `ERR_QADS_COLUMN_NOT_FOUND`, which names the columns that are there. */
export function columnIndex(schema: Schema, name: PropertyKey): number {
  const index = schema.fields.findIndex((field) => field.name === name)
  if (index >= 0) return index
  const names = schema.fields.map((field) => `"${field.name}"`)
  const shown = names.slice(0, NAMES_SHOWN).join(', ')
  const rest = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : ''
  throw new ColumnNotFoundError(
    `no column "${String(name)}"; the batch has ${names.length === 0 ? 'no columns' : shown + rest}`,
  )
}

export function fieldOf(schema: Schema, name: PropertyKey): Field {
  return schema.fields[columnIndex(schema, name)]!
}

export function columnOf(batch: RecordBatch, name: PropertyKey): Data {
  return batch.data.children[columnIndex(batch.schema, name)]!
}
