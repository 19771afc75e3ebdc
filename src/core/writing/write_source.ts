import {
  type DataType,
  makeData,
  type RecordBatch,
  type Schema,
  type Table,
  type TypeMap,
} from 'apache-arrow'

import type { AnySchema } from '../../base/any_schema.js'
import { InvalidArgumentError, SchemaMismatchError } from '../../base/errors.js'
import { templateOf } from '../../codec/schema_template.js'
import { adoptSchema, isBatch, isSchema } from '../../frames/adopt.js'
import { makeBatch } from '../../frames/batch.js'
import { addon } from '../../native/load_addon.js'
import { batchesOfPolars, isLazyFrame, isPolarsFrame, type PolarsFrame } from '../polars/frames.js'
import { show } from '../../base/validators.js'

/** What a writer takes. A table is written batch by batch. */
export type Writable<T extends TypeMap = AnySchema> = RecordBatch<T> | Table<T> | PolarsFrame

/** The record batches of `data`: at least one, so that an empty table still shows its schema to readers. */
export function batchesOf(data: unknown): readonly RecordBatch[] {
  if (isBatch(data)) return [data]
  if (isTable(data)) return data.batches.length > 0 ? data.batches : [emptyBatch(adoptSchema(data.schema))]
  if (isPolarsFrame(data)) return batchesOfPolars(data)
  const advice = isLazyFrame(data) ? ': collect() it first' : ''
  throw new InvalidArgumentError(
    `a writer takes an apache-arrow RecordBatch or Table, or a polars DataFrame, got ${show(data)}${advice}`,
  )
}

/** Of any copy of apache-arrow. */
function isTable(data: unknown): data is Table {
  if (typeof data !== 'object' || data === null) return false
  const { schema, batches } = data as Partial<Table>
  return isSchema(schema) && Array.isArray(batches)
}

function emptyBatch(schema: Schema): RecordBatch {
  const columns = schema.fields.map((field) => makeData({ type: field.type as DataType }))
  return makeBatch(schema, columns, 0)
}

/** Refuses batches whose columns are not those of `expected`. Batches of one producer share a schema object, which is checked once. */
export class SchemaGuard {
  readonly #expected: Schema
  readonly #arena: string
  #known: Schema | undefined

  constructor(expected: Schema, arena: string) {
    this.#expected = expected
    this.#arena = arena
  }

  check(schema: Schema): void {
    if (schema === this.#known) return
    const [expected, actual] = [templateOf(this.#expected), templateOf(schema)]
    const difference = expected === actual ? '' : addon().schemaDifference(expected.head, actual.head)
    if (difference !== '') {
      throw new SchemaMismatchError(
        `arena "${this.#arena}" takes the schema that it was created with, and this batch has another: ${difference}`,
      )
    }
    this.#known = schema
  }
}
