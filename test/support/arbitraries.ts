import * as arrow from 'apache-arrow'
import fc from 'fast-check'
import { ColumnBuilder } from './column_builder.js'
import { Random } from './random.js'
import { type FieldSpec, fieldSpec, isSliceable, isWritable, metadata } from './type_specs.js'

export interface BatchSpec {
  readonly fields: readonly FieldSpec[]
  readonly schemaMetadata: readonly (readonly [string, string])[]
  readonly batchMetadata: readonly (readonly [string, string])[]
  /** Rows before, in and after the batch: it is a slice if there are any before or after. */
  readonly before: number
  readonly rows: number
  readonly after: number
  readonly seed: number
}

export interface BatchOptions {
  readonly maxFields?: number
  readonly maxRows?: number
  /** How deep types may nest. Default 2. */
  readonly depth?: number
  /** Whether batches may be slices. Default true. */
  readonly slices?: boolean
}

/** Record batches of random schemas and values: every type, nesting, nulls, shared dictionaries, slices, no rows or columns. */
export function batchSpec({
  maxFields = 5,
  maxRows = 40,
  depth = 2,
  slices = true,
}: BatchOptions = {}): fc.Arbitrary<BatchSpec> {
  const margin = fc.integer({ min: 0, max: slices ? 11 : 0 })
  return fc.record({
    // apache-arrow mixes up the types of columns with one name when it makes a batch.
    fields: fc.uniqueArray(fieldSpec(depth), { maxLength: maxFields, selector: ({ name }) => name }),
    schemaMetadata: metadata,
    batchMetadata: metadata,
    before: margin,
    rows: fc.integer({ min: 0, max: maxRows }),
    after: margin,
    seed: fc.integer(),
  })
}

/** Whether apache-arrow's own writer gets the batch right. */
export function isWritableBatch({ fields, before, after }: BatchSpec): boolean {
  const isSlice = before > 0 || after > 0
  return fields.every(({ type }) => isWritable(type) && (!isSlice || isSliceable(type)))
}

/** The batch of a spec: always the same. */
export function buildBatch(spec: BatchSpec): arrow.RecordBatch {
  const builder = new ColumnBuilder(new Random(spec.seed))
  const columns = spec.fields.map((field) => builder.field(field))
  const schema = new arrow.Schema(
    columns.map(({ field }) => field),
    new Map(spec.schemaMetadata),
  )
  const length = spec.before + spec.rows + spec.after
  const children = columns.map(({ make }) => make(length))
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length, nullCount: 0, children })
  const whole = new arrow.RecordBatch(schema, data, new Map(spec.batchMetadata))
  return length === spec.rows ? whole : whole.slice(spec.before, spec.before + spec.rows)
}
