import type { RecordBatch, Schema, TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import { batchToRows, type PlainRow, type RowOptions, rowsToBatch } from '../frames/rows.js'
import type { TimestampForm } from '../frames/plain_cells.js'
import { validateInteger, validateObject, validateOneOf } from '../base/validators.js'
import { type BatchStream, BatchTransform } from './batch_transform.js'

/** How plain objects become batches. */
export interface FromRowsOptions<T extends TypeMap = AnySchema> {
  /** Rows of a batch; the last may have fewer. Default 1024. */
  batchRows?: number
  /** Columns and their types. Default: inferred from the rows of the first batch, and kept. */
  schema?: Schema<T>
}

const FORMS: readonly TimestampForm[] = ['milliseconds', 'exact', 'date']
const DEFAULT_BATCH_ROWS = 1024
const MAX_BATCH_ROWS = 2 ** 31 - 1

/**
 * Plain objects to record batches. Without a schema the first batch decides: numbers are `Float64`, strings `Utf8` and so on, and a
 * column in which it only had nulls can hold nothing else later, so give a schema where that may be.
 *
 * @example pipeline(Readable.from(objects), fromRows({ batchRows: 500 }), createWritable('objects'))
 */
export function fromRows<T extends TypeMap = AnySchema>(
  options: FromRowsOptions<T> = {},
): BatchStream<object, RecordBatch<T>> {
  validateObject(options, 'options')
  const { batchRows = DEFAULT_BATCH_ROWS } = options
  validateInteger(batchRows, 'options.batchRows', 1, MAX_BATCH_ROWS)
  let schema = options.schema
  if (schema !== undefined) validateObject(schema, 'options.schema')
  let rows: object[] = []
  const batch = (): RecordBatch<T> => {
    const made =
      schema === undefined ? (rowsToBatch(rows) as unknown as RecordBatch<T>) : rowsToBatch(rows, schema)
    schema = made.schema
    rows = []
    return made
  }
  return new BatchTransform({
    each(row: object) {
      rows.push(row)
      return rows.length >= batchRows ? [batch()] : []
    },
    end: () => (rows.length > 0 ? [batch()] : []),
  })
}

/**
 * Record batches to plain objects, which share no memory with them.
 * @example for await (const row of createReadable('objects').pipe(toRows())) console.log(row)
 */
export function toRows<T extends TypeMap = AnySchema, const F extends TimestampForm = 'milliseconds'>(
  options?: RowOptions<F>,
): BatchStream<RecordBatch<T>, PlainRow<T, F>> {
  if (options !== undefined) {
    validateObject(options, 'options')
    if (options.timestamps !== undefined) validateOneOf(options.timestamps, 'options.timestamps', FORMS)
  }
  return new BatchTransform({ each: (batch: RecordBatch<T>) => batchToRows(batch, options) })
}
