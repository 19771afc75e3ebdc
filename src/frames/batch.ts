import { type Data, type Field, makeData, RecordBatch, type Schema, Struct, type TypeMap } from 'apache-arrow'
import { InvalidArgumentError } from '../base/errors.js'
import { ColumnNotFoundError } from './frame_error.js'

const NAMES_SHOWN = 12

/**
 * A record batch over columns of equal length. Nothing is copied. Without apache-arrow's constructor, which looks columns up by name to
 * make them equally long, and gives the first of two columns of one name the type of the last.
 */
export function makeBatch<T extends TypeMap>(
  schema: Schema<T>,
  columns: readonly Data[],
  rows: number,
  metadata?: Map<string, string>,
): RecordBatch<T> {
  const type = new Struct<T>(schema.fields)
  const data = makeData({ type, length: rows, nullCount: 0, children: [...columns] })
  return Object.assign(Object.create(RecordBatch.prototype) as RecordBatch<T>, {
    schema,
    data,
    _metadata: metadata ?? new Map<string, string>(),
  })
}

/**
 * The position of the only column of a name. Throws `ERR_QADS_COLUMN_NOT_FOUND`, which names the columns that are there, or
 * `ERR_QADS_INVALID_ARGUMENT` where two have the name.
 */
export function columnIndex(schema: Schema, name: PropertyKey): number {
  const [index, second] = columnIndices(schema, name)
  if (second === undefined) return index!
  throw new InvalidArgumentError(
    `"${String(name)}" names the columns ${index} and ${second}; give them different names where they are made, or take one by its ` +
      'position with batch.getChildAt()',
  )
}

/** The positions of all columns of a name: at least one. Throws `ERR_QADS_COLUMN_NOT_FOUND`. */
export function columnIndices(schema: Schema, name: PropertyKey): number[] {
  const indices: number[] = []
  schema.fields.forEach((field, i) => {
    if (field.name === name) indices.push(i)
  })
  if (indices.length > 0) return indices
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
