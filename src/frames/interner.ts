import { type Data, type DataType, type Decimal, type Dictionary, Type, type Vector } from 'apache-arrow'
import { ByteInterner } from './byte_interner.js'
import { columnFromBigints, columnFromBytes, columnFromDecimals, columnFromNumbers } from './build_column.js'
import { withBuffers } from './null_column.js'
import {
  bigintsOf,
  bytesOf,
  decimalsOf,
  numbersOf,
  refuseType,
  type ScalarKind,
  scalarKind,
} from './scalars.js'
import { validityOf } from './validity.js'

/** The code of a null. */
export const NULL_CODE = -1

/** The type of a dictionary's values, or the type itself. */
export function valueType(type: DataType): DataType {
  return type.typeId === Type.Dictionary ? valueType((type as Dictionary).dictionary as DataType) : type
}

/**
 * Numbers the distinct values of a column from 0, in order of appearance; equal values have equal codes across all columns that it is
 * shown. Takes every type of single values, plain or dictionary-encoded. All NaNs are one value, and so are 0 and -0.
 */
export class Interner {
  private readonly kind: ScalarKind
  private readonly codes = new Map<number | bigint, number>()
  private readonly bytes = new ByteInterner()
  private readonly dictionaries = new WeakMap<Vector, Int32Array>()

  /** `type` is that of the values, without dictionaries; `operation` names the caller in the error for a type that has no single values. */
  constructor(
    readonly type: DataType,
    operation: string,
  ) {
    this.kind =
      scalarKind(type) ??
      refuseType(operation, type, 'numbers, booleans, times, decimals, strings and binaries')
  }

  get size(): number {
    return this.kind === 'bytes' ? this.bytes.size : this.codes.size
  }

  /** The code of every row, `NULL_CODE` for nulls. */
  encode(source: Data): Int32Array {
    const data = withBuffers(source)
    const codes = this.encodeValues(data)
    const validity = validityOf(data)
    if (validity === undefined) return codes
    for (let i = 0; i < codes.length; i++) {
      const bit = validity.offset + i
      if ((validity.bits[bit >> 3]! & (1 << (bit & 7))) === 0) codes[i] = NULL_CODE
    }
    return codes
  }

  /** The distinct values, so that row `code` has the value of that code. */
  values(): Data {
    const { type } = this
    const noNulls = { nullCount: 0 }
    switch (this.kind) {
      case 'number':
        return columnFromNumbers(type, [...this.codes.keys()] as number[], this.size, noNulls)
      case 'bigint':
        return columnFromBigints(type, [...this.codes.keys()] as bigint[], this.size, noNulls)
      case 'decimal':
        return columnFromDecimals(type as Decimal, [...this.codes.keys()] as bigint[], this.size, noNulls)
      case 'bytes':
        return columnFromBytes(type, this.bytes.values(), noNulls)
    }
  }

  private encodeValues(data: Data): Int32Array {
    if (data.dictionary) return this.encodeDictionary(data, data.dictionary)
    const codes = new Int32Array(data.length)
    if (data.nullCount >= data.length) return codes
    // A null's value is not defined, and must not become a key: read the validity before the value.
    const validity = validityOf(data)
    const isNull = (i: number) =>
      validity !== undefined &&
      (validity.bits[(validity.offset + i) >> 3]! & (1 << ((validity.offset + i) & 7))) === 0
    if (this.kind === 'bytes') {
      const { starts, bytes } = bytesOf(data)
      for (let i = 0; i < codes.length; i++)
        if (!isNull(i)) codes[i] = this.bytes.intern(bytes, starts[i]!, starts[i + 1]!)
      return codes
    }
    const values =
      this.kind === 'number' ? numbersOf(data) : this.kind === 'bigint' ? bigintsOf(data) : decimalsOf(data)
    for (let i = 0; i < codes.length; i++) if (!isNull(i)) codes[i] = this.codeOf(values[i]!)
    return codes
  }

  private encodeDictionary(data: Data, dictionary: Vector): Int32Array {
    let table = this.dictionaries.get(dictionary)
    // A delta dictionary grows in place, so a table is good only for the length that it was made for.
    if (table?.length !== dictionary.length) {
      table = new Int32Array(dictionary.length)
      let at = 0
      for (const chunk of dictionary.data as readonly Data[]) {
        table.set(this.encode(chunk), at)
        at += chunk.length
      }
      this.dictionaries.set(dictionary, table)
    }
    const indices = data.values as ArrayLike<number>
    const codes = new Int32Array(data.length)
    for (let i = 0; i < codes.length; i++) codes[i] = table[indices[i]!] ?? NULL_CODE
    return codes
  }

  private codeOf(value: number | bigint): number {
    let code = this.codes.get(value)
    if (code === undefined) {
      code = this.codes.size
      this.codes.set(value, code)
    }
    return code
  }
}
