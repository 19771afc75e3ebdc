import { type DataType, type Decimal, type RecordBatch, type Schema, Type, type TypeMap } from 'apache-arrow'
import { InvalidArgumentError } from '../base/errors.js'
import { show } from '../base/validators.js'
import { adoptBatch, adoptSchema, isSchema } from './adopt.js'
import { makeBatch } from './batch.js'
import { columnFromCells } from './cells_to_column.js'
import { type Cell } from './column_types.js'
import { located } from './frame_error.js'
import { type InferredColumns, inferSchema } from './infer_schema.js'
import { objectReader, plainReader, type TimestampForm } from './plain_cells.js'
import { checkDistinct, propertyReader } from './properties.js'

/** A cell of a plain row. */
export type PlainCell<D extends DataType, F extends TimestampForm = 'milliseconds'> = D extends {
  TType: Type.List | Type.LargeList | Type.FixedSizeList
}
  ? unknown[] | null
  : D extends { TType: Type.Struct }
    ? Record<string, unknown> | null
    : D extends { TType: Type.Map }
      ? Map<unknown, unknown> | null
      : D extends Decimal
        ? string | null
        : D extends { unit: unknown; timezone?: unknown; TArray: BigInt64Array; TValue: number }
          ? (F extends 'exact' ? bigint : F extends 'date' ? Date : number) | null
          : Cell<D>

/** A row as a plain object. */
export type PlainRow<T extends TypeMap, F extends TimestampForm = 'milliseconds'> = {
  [K in keyof T]: PlainCell<T[K], F>
}

/** How plain rows are made. */
export interface RowOptions<F extends TimestampForm = TimestampForm> {
  /**
   * How timestamps read: as apache-arrow gives them, milliseconds since the epoch (the default; a float below the millisecond, and
   * not exact for nanoseconds or beyond 2^53), as the exact integer in the column's unit, or as a `Date`, which is an invalid one for
   * times that a `Date` cannot hold.
   */
  readonly timestamps?: F
}

/**
 * The rows of a batch as plain objects, which share no memory with it. Lists are arrays, structs objects, maps `Map`s, all the way down;
 * decimals are strings with all their digits. `rowsToBatch(rows, batch.schema)` makes the same batch again, with
 * `timestamps: 'exact'` to the nanosecond. Every column is a property of the row itself, whatever its name. Throws
 * `ERR_QADS_INVALID_ARGUMENT` for a batch with two columns of one name.
 *
 * @example batchToRows(batch) // [{ sym: 'AAA', price: 10.5 }, { sym: 'BBB', price: null }]
 */
export function batchToRows<T extends TypeMap, const F extends TimestampForm = 'milliseconds'>(
  batch: RecordBatch<T>,
  { timestamps }: RowOptions<F> = {},
): PlainRow<T, F>[] {
  const { schema, data, numRows } = adoptBatch(batch)
  const names = schema.fields.map((field) => field.name)
  checkDistinct(names, 'the batch')
  const readers = data.children.map((column) => plainReader(column, timestamps ?? 'milliseconds'))
  const read = objectReader(names, readers)
  return Array.from({ length: numRows }, (_, row) => read(row) as PlainRow<T, F>)
}

/**
 * A batch of plain objects, one to a row. A property that is missing or undefined is null, and so is one that a row only has as every
 * object has it (`toString`, `constructor`).
 *
 * With a schema, each value must fit its column: integers come as number or bigint, decimals as string, number or unscaled bigint,
 * timestamps and dates as milliseconds, as `Date` or as bigint in the column's unit. Properties without a column are left out.
 * Throws `ERR_QADS_INVALID_ARGUMENT` or `ERR_QADS_OUT_OF_RANGE`, which name the column, the row and the value.
 *
 * Without, it is inferred from all rows: numbers are `Float64`, bigints `Int64`, strings `Utf8`, booleans `Bool`, `Date`s
 * `TimestampMillisecond`, byte arrays `Binary`, arrays `List`, objects `Struct`; a column of nulls is `Null`.
 */
export function rowsToBatch<T extends TypeMap>(rows: readonly object[], schema: Schema<T>): RecordBatch<T>
export function rowsToBatch<R extends object>(rows: readonly R[]): RecordBatch<InferredColumns<R>>
export function rowsToBatch<T extends TypeMap>(rows: readonly object[], given?: Schema<T>): RecordBatch<T> {
  if (given !== undefined && !isSchema(given))
    throw new InvalidArgumentError(`the schema must be one of apache-arrow, got ${show(given)}`)
  const schema = given === undefined ? (inferSchema(rows) as Schema<T>) : adoptSchema(given)
  checkDistinct(
    schema.fields.map((field) => field.name),
    'the schema',
  )
  const columns = schema.fields.map((field) =>
    located(`column "${field.name}"`, () => {
      const read = propertyReader(field.name)
      const cells = rows.map((row) => read(row) ?? null)
      const column = columnFromCells(field.type as DataType, cells)
      if (!field.nullable && column.nullCount > 0 && column.typeId !== Type.Null) {
        throw new InvalidArgumentError(
          `row ${cells.indexOf(null)} has no value, and the schema says that all have`,
        )
      }
      return column
    }),
  )
  return makeBatch(schema, columns, rows.length)
}
