import { type DataType, makeData, RecordBatch, type Schema, Table, type TypeMap, util } from 'apache-arrow'

import type { AnySchema } from './any_schema.js'
import { InvalidArgumentError, SchemaMismatchError } from './errors.js'
import { makeBatch } from './frames/batch.js'
import { batchesOfPolars, isLazyFrame, isPolarsFrame, type PolarsFrame } from './polars.js'
import { show } from './validators.js'

/** What a writer takes. A table is written batch by batch. */
export type Writable<T extends TypeMap = AnySchema> = RecordBatch<T> | Table<T> | PolarsFrame

/** The record batches of `data`: at least one, so that an empty table still shows its schema to readers. */
export function batchesOf(data: unknown): readonly RecordBatch[] {
  if (RecordBatch.isRecordBatch(data)) return [data]
  if (Table.isTable(data)) return data.batches.length > 0 ? data.batches : [emptyBatch(data.schema)]
  if (isPolarsFrame(data)) return batchesOfPolars(data)
  const advice = isLazyFrame(data) ? ': collect() it first' : ''
  throw new InvalidArgumentError(
    `a writer takes an apache-arrow RecordBatch or Table, or a polars DataFrame, got ${show(data)}${advice}`,
  )
}

function emptyBatch(schema: Schema): RecordBatch {
  const columns = schema.fields.map((field) => makeData({ type: field.type as DataType }))
  return makeBatch(schema, columns, 0)
}

/** Refuses batches whose schema is not `expected`. Batches of one producer share a schema object, which is checked once. */
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
    if (!util.compareSchemas(this.#expected, schema)) {
      throw new SchemaMismatchError(
        `arena "${this.#arena}" carries ${describe(this.#expected)}, the batch has ${describe(schema)}`,
      )
    }
    this.#known = schema
  }
}

function describe(schema: Schema): string {
  return `{ ${schema.fields.map((field) => `${field.name}: ${field.type}${field.nullable ? '?' : ''}`).join(', ')} }`
}
