import {
  Binary,
  Bool,
  type DataType,
  Field,
  Float64,
  Int64,
  List,
  Null,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
} from 'apache-arrow'
import { InvalidArgumentError } from '../base/errors.js'
import { show } from '../base/validators.js'

/** The column type that values of the type `V` are given. */
export type InferredType<V> = [NonNullable<V>] extends [never]
  ? Null
  : [NonNullable<V>] extends [number]
    ? Float64
    : [NonNullable<V>] extends [bigint]
      ? Int64
      : [NonNullable<V>] extends [string]
        ? Utf8
        : [NonNullable<V>] extends [boolean]
          ? Bool
          : [NonNullable<V>] extends [Date]
            ? TimestampMillisecond
            : [NonNullable<V>] extends [Uint8Array]
              ? Binary
              : [NonNullable<V>] extends [readonly (infer U)[]]
                ? List<InferredType<U>>
                : [NonNullable<V>] extends [object]
                  ? Struct<InferredColumns<NonNullable<V>>>
                  : DataType

/** The columns that rows of the type `R` are given. */
export type InferredColumns<R extends object> = { [K in Extract<keyof R, string>]-?: InferredType<R[K]> }

/**
 * The schema that holds all the rows: a column for every property, in order of first appearance, each nullable. Throws
 * `ERR_QADS_INVALID_ARGUMENT` for values of two kinds in one column.
 */
export function inferSchema(rows: readonly object[]): Schema {
  return new Schema(inferFields(rows, ''))
}

function inferFields(rows: readonly object[], path: string): Field[] {
  const cells = new Map<string, unknown[]>()
  for (const row of rows) {
    for (const [name, cell] of Object.entries(row)) {
      const column = cells.get(name)
      if (column === undefined) cells.set(name, [cell])
      else column.push(cell)
    }
  }
  return [...cells].map(([name, column]) => new Field(name, inferType(column, path + name), true))
}

function inferType(cells: readonly unknown[], path: string): DataType {
  let kind: string | undefined
  let example: unknown
  const values = cells.filter((cell) => cell !== null && cell !== undefined)
  for (const value of values) {
    const other = kindOf(value)
    if (other === undefined || (kind !== undefined && other !== kind)) {
      const clash = kind === undefined ? '' : ` and ${show(example)}`
      throw new InvalidArgumentError(
        `no type of column "${path}" can hold ${show(value)}${clash}; give a schema or convert the values`,
      )
    }
    kind = other
    example = value
  }
  switch (kind) {
    case 'number':
      return new Float64()
    case 'bigint':
      return new Int64()
    case 'string':
      return new Utf8()
    case 'boolean':
      return new Bool()
    case 'date':
      return new TimestampMillisecond()
    case 'bytes':
      return new Binary()
    case 'list':
      return new List(new Field('item', inferType((values as unknown[][]).flat(), `${path}[]`), true))
    case 'object':
      return new Struct(inferFields(values, `${path}.`))
    default:
      return new Null()
  }
}

function kindOf(value: unknown): string | undefined {
  if (typeof value !== 'object')
    return ['number', 'bigint', 'string', 'boolean'].find((kind) => kind === typeof value)
  if (value instanceof Date) return 'date'
  if (value instanceof Uint8Array) return 'bytes'
  return Array.isArray(value) ? 'list' : 'object'
}
