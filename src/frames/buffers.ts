import type { Data, DataType, Field, Int } from 'apache-arrow'

/** The values of a column of fixed width, of any array type. */
export interface Values {
  readonly length: number
  readonly BYTES_PER_ELEMENT: number
  [index: number]: number | bigint
  set(source: Values, offset: number): void
  subarray(begin: number, end: number): Values
}

export type Offsets = Int32Array | BigInt64Array

// apache-arrow says `any` or a wrong type of buffers that may be missing; these say what is there.

export function valuesOf(data: Data): Values {
  return data.values as Values
}

export function offsetsOf(data: Data): Offsets | undefined {
  return data.valueOffsets as Offsets | undefined
}

/** The nested fields of a type; none for types that are not nested, for which apache-arrow has null. */
export function childFields(type: DataType): readonly Field[] {
  return (type.children as readonly Field[] | null) ?? []
}

/** An array like another, of zeros. */
export function newLike<A extends object>(array: A, length: number): A {
  return new (array.constructor as new (length: number) => A)(length)
}

/** A type as messages name it: `Timestamp<NANOSECOND>`. */
export function typeName(type: DataType): string {
  return (type as Int).toString()
}
