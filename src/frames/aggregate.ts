import {
  type Bool,
  type DataType,
  type Decimal,
  type Duration,
  type Float,
  type Float64,
  type Int,
  type Int16,
  type Int32,
  type Int64,
  type Int8,
  type TypeMap,
  type Uint16,
  type Uint32,
  type Uint64,
  type Uint8,
} from 'apache-arrow'
import { type Cell, type ColumnName, type Decoded, type Flat } from './column_types.js'

/** What an aggregate computes of its column. */
export type AggregateFunction = 'count' | 'sum' | 'mean' | 'min' | 'max' | 'first' | 'last'

/** One aggregate of one column; made by `count`, `sum`, `mean`, `min`, `max`, `first` and `last`. */
export interface Aggregate<
  F extends AggregateFunction = AggregateFunction,
  C extends string | undefined = string | undefined,
> {
  readonly fn: F
  readonly column: C
}

/** The number of rows, or of the rows in which the column is not null. A `Uint32` column. */
export function count(): Aggregate<'count', undefined>
export function count<const C extends string>(column: C): Aggregate<'count', C>
export function count(column?: string): Aggregate<'count'> {
  return { fn: 'count', column }
}

/**
 * The sum of the values that are not null; null when there are none. Exact for integers, decimals and durations (`Int64`, `Uint64` or the
 * column's own type; a sum that does not fit is an error). Floats are summed as 64-bit floats with compensation (Neumaier 1974).
 */
export function sum<const C extends string>(column: C): Aggregate<'sum', C> {
  return { fn: 'sum', column }
}

/** The mean of the values that are not null, as a 64-bit float; null when there are none. The sum under it is exact for integers. */
export function mean<const C extends string>(column: C): Aggregate<'mean', C> {
  return { fn: 'mean', column }
}

/** The least value; null when all are. NaN only when all are NaN. Strings and binaries compare byte by byte. */
export function min<const C extends string>(column: C): Aggregate<'min', C> {
  return { fn: 'min', column }
}

/** The greatest value; null when all are. NaN only when all are NaN. Strings and binaries compare byte by byte. */
export function max<const C extends string>(column: C): Aggregate<'max', C> {
  return { fn: 'max', column }
}

/** The first value that is not null, in order of arrival. */
export function first<const C extends string>(column: C): Aggregate<'first', C> {
  return { fn: 'first', column }
}

/** The last value that is not null, in order of arrival. */
export function last<const C extends string>(column: C): Aggregate<'last', C> {
  return { fn: 'last', column }
}

/** The aggregates to compute, by the name of the column that each becomes. */
export type AggregateSpec<T extends TypeMap> = Readonly<
  Record<string, Aggregate<AggregateFunction, ColumnName<T> | undefined>>
>

type SumOf<D extends DataType> = D extends Float
  ? Float64
  : D extends Uint8 | Uint16 | Uint32 | Uint64 | Bool
    ? Uint64
    : D extends Int8 | Int16 | Int32 | Int64
      ? Int64
      : D extends Int
        ? Int64 | Uint64
        : D extends Duration | Decimal
          ? D
          : never

/** The type of the column that an aggregate of the columns `T` becomes. */
export type AggregateType<T extends TypeMap, A> =
  A extends Aggregate<infer F, infer C>
    ? F extends 'count'
      ? Uint32
      : F extends 'mean'
        ? Float64
        : C extends keyof T
          ? F extends 'sum'
            ? SumOf<Decoded<T[C]>>
            : Decoded<T[C]>
          : never
    : never

/** The columns of a grouped aggregation: the keys, then the aggregates. */
export type Aggregated<T extends TypeMap, K extends keyof T, S extends AggregateSpec<T>> = Flat<
  { [P in K]: Decoded<T[P]> } & { [N in keyof S]: AggregateType<T, S[N]> }
>

/** The aggregates of one batch as plain values. */
export type Reduced<T extends TypeMap, S extends AggregateSpec<T>> = {
  [N in keyof S]: S[N] extends Aggregate<'count'> ? number : Cell<AggregateType<T, S[N]>>
}
