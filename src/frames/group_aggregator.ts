import { type Data, type DataType, Field, type RecordBatch, Schema, type TypeMap } from 'apache-arrow'
import { typeName } from './buffers.js'
import type { AnySchema } from '../base/any_schema.js'
import type { Accumulator } from './accumulator.js'
import { createAccumulator, createCount } from './create_accumulator.js'
import { type Aggregate, type Aggregated, type AggregateSpec } from './aggregate.js'
import { adoptBatch } from './adopt.js'
import { columnOf, fieldOf, makeBatch } from './batch.js'
import { type ColumnName } from './column_types.js'
import { InvalidArgumentError } from '../base/errors.js'
import { ColumnTypeError, located } from './frame_error.js'
import { valueType } from './interner.js'
import { KeyEncoder } from './key_encoder.js'
import { decodeColumn } from './decode_column.js'
import { sameType } from './same_type.js'
import { validityOf } from './validity.js'

/** What a grouped aggregation computes. */
export interface GroupBy<T extends TypeMap, K extends ColumnName<T>, S extends AggregateSpec<T>> {
  /** The key columns. With none, all rows are one group. Null is a key like others. */
  readonly by: readonly K[]
  readonly aggregates: S
}

/**
 * Group-by-key aggregation, one batch at a time. Nothing of a batch is held after `add` returned: memory grows with the
 * number of keys alone.
 */
export class GroupAggregator<
  T extends TypeMap = AnySchema,
  const K extends ColumnName<T> = ColumnName<T>,
  const S extends AggregateSpec<T> = AggregateSpec<T>,
> {
  private state: State | undefined
  private rowCount = 0

  constructor(private readonly options: GroupBy<T, K, S>) {
    if (new Set(options.by).size < options.by.length) {
      throw new InvalidArgumentError(`a key column is named twice in ${JSON.stringify(options.by)}`)
    }
    for (const name of options.by) {
      if (Object.hasOwn(options.aggregates, name)) {
        throw new InvalidArgumentError(`"${name}" names both a key and an aggregate; rename the aggregate`)
      }
    }
  }

  /** Rows added since the last `finish`. */
  get rows(): number {
    return this.rowCount
  }

  /** Distinct keys seen since the last `finish`. */
  get groups(): number {
    return this.state?.groups ?? 0
  }

  /** Throws `ERR_QADS_COLUMN_NOT_FOUND`, or `ERR_QADS_COLUMN_TYPE` for a column that cannot be aggregated so or changed its type. */
  add(batch: RecordBatch<T>): void {
    const own = adoptBatch(batch)
    this.state ??= new State(own.schema, this.options)
    this.state.add(own)
    this.rowCount += batch.numRows
  }

  /** The aggregates, one row to a key in order of appearance; undefined when no batch was added. Starts anew. */
  finish(): RecordBatch<Aggregated<T, K, S>> | undefined {
    const { state } = this
    this.state = undefined
    this.rowCount = 0
    return state?.finish() as RecordBatch<Aggregated<T, K, S>> | undefined
  }
}

interface Output {
  readonly name: string
  readonly aggregate: Aggregate
  readonly field: Field | undefined
  readonly accumulator: Accumulator
}

class State {
  private readonly keyFields: Field[]
  private readonly encoder: KeyEncoder | undefined
  private readonly outputs: Output[]

  constructor(schema: Schema, options: GroupBy<TypeMap, string, AggregateSpec<TypeMap>>) {
    this.keyFields = options.by.map((name) => fieldOf(schema, name))
    this.encoder = this.keyFields.length > 0 ? new KeyEncoder(this.keyFields, 'group', 'grouping') : undefined
    this.outputs = Object.entries(options.aggregates).map(([name, aggregate]) => {
      const field = aggregate.column === undefined ? undefined : fieldOf(schema, aggregate.column)
      const accumulator = located(`"${name}"`, () =>
        field === undefined
          ? createCount()
          : createAccumulator(aggregate.fn, valueType(field.type as DataType)),
      )
      return { name, aggregate, field, accumulator }
    })
  }

  get groups(): number {
    return this.encoder?.size ?? 1
  }

  add(batch: RecordBatch): void {
    const keyColumns = this.keyFields.map((field) => columnOf(batch, field.name))
    const keys = this.encoder?.encode(keyColumns, batch.numRows) ?? new Int32Array(batch.numRows)
    for (const { name, field, accumulator } of this.outputs) {
      if (field === undefined) {
        accumulator.add(batch.data, keys, this.groups)
        continue
      }
      const column = columnOf(batch, field.name)
      if (!sameType(valueType(column.type), valueType(field.type as DataType))) {
        throw new ColumnTypeError(
          `"${name}": the column "${field.name}" is ${typeName(column.type)} here and was ${typeName(field.type as DataType)} before; cast one of them`,
        )
      }
      const values = decodeColumn(column)
      accumulator.add(values, withoutNulls(keys, values), this.groups)
    }
  }

  finish(): RecordBatch {
    const { groups } = this
    const keys = this.encoder?.columns() ?? []
    const columns = this.outputs.map(({ name, accumulator }) =>
      located(`"${name}"`, () => accumulator.finish(groups)),
    )
    const fields = [
      ...this.keyFields.map((field) => field.clone({ type: valueType(field.type as DataType) })),
      ...this.outputs.map(
        ({ name, aggregate, accumulator }) => new Field(name, accumulator.type, aggregate.fn !== 'count'),
      ),
    ]
    return makeBatch(new Schema(fields), [...keys, ...columns], groups)
  }
}

/** The keys of rows in which a column is not null. */
function withoutNulls(keys: Int32Array, column: Data): Int32Array {
  const validity = validityOf(column)
  if (validity === undefined) return keys
  const { bits, offset } = validity
  return keys.map((key, row) => ((bits[(offset + row) >> 3]! & (1 << ((offset + row) & 7))) === 0 ? -1 : key))
}
