import { type DataType, type Dictionary, type TypeMap } from 'apache-arrow'

/** What a cell of a column of type `D` reads as: the value that apache-arrow gives, or null. */
export type Cell<D extends DataType> = D['TValue'] | null

/** The names of the columns of a schema type. */
export type ColumnName<T extends TypeMap> = Extract<keyof T, string>

/** The columns of `T` with those named in `M` under their new names. */
export type Renamed<T extends TypeMap, M> = {
  [K in keyof T as K extends keyof M ? (M[K] extends string ? M[K] : K) : K]: T[K]
}

/** The type of a dictionary's values, or the type itself. */
export type Decoded<D extends DataType> = D extends Dictionary<infer V> ? V : D

/** The cells of several columns, in order: what a predicate over them is called with. */
export type Cells<T extends TypeMap, Names extends readonly PropertyKey[]> = {
  [I in keyof Names]: Names[I] extends keyof T ? Cell<T[Names[I]]> : never
}

/** Shows a mapped or intersected type as the plain object type that it is. */
export type Flat<T> = { [K in keyof T]: T[K] }
