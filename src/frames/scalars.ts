import {
  type Data,
  type DataType,
  type Decimal,
  type Float,
  type Int,
  Precision,
  Type,
  util,
} from 'apache-arrow'
import { typeName, valuesOf } from './buffers.js'
import { getBit } from './bits.js'
import { ColumnTypeError } from './frame_error.js'
import { concatViews } from './views.js'

/**
 * How the single values of a type are compared and added here, exactly and without apache-arrow's conversions (it reads a timestamp
 * as a float of milliseconds):
 *
 * - `number`: floats, booleans and all integers and times of up to 32 bits
 * - `bigint`: 64-bit integers, timestamps, times, dates and durations, in the unit of the type
 * - `decimal`: the unscaled integer, `bytes`: strings and binaries
 */
export type ScalarKind = 'number' | 'bigint' | 'decimal' | 'bytes'

/** The kind of a type that has single values, or undefined for nested types, intervals, dictionaries and null. */
export function scalarKind(type: DataType): ScalarKind | undefined {
  switch (type.typeId) {
    case Type.Int:
      return (type as Int).bitWidth === 64 ? 'bigint' : 'number'
    case Type.Float:
    case Type.Bool:
      return 'number'
    case Type.Date:
    case Type.Time:
      return (type as { ArrayType?: unknown }).ArrayType === BigInt64Array ? 'bigint' : 'number'
    case Type.Timestamp:
    case Type.Duration:
      return 'bigint'
    case Type.Decimal:
      return 'decimal'
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary:
      return 'bytes'
    default:
      return undefined
  }
}

/** Throws `ERR_QADS_COLUMN_TYPE`, saying what the operation takes. */
export function refuseType(operation: string, type: DataType, takes: string): never {
  throw new ColumnTypeError(`${operation} does not work on ${typeName(type)}; it takes ${takes}`)
}

/** The values of a `number` column: the column's own memory when it holds 64-bit floats, else converted, so that loops see one array type. */
export function numbersOf(data: Data): Float64Array {
  const { length } = data
  const values = valuesOf(data) as unknown
  if (data.typeId === Type.Bool) {
    const numbers = new Float64Array(length)
    for (let i = 0; i < length; i++) numbers[i] = getBit(values as Uint8Array, data.offset + i) ? 1 : 0
    return numbers
  }
  if (data.typeId === Type.Float && (data.type as Float).precision === Precision.HALF) {
    const numbers = new Float64Array(length)
    for (let i = 0; i < length; i++) numbers[i] = util.uint16ToFloat64((values as Uint16Array)[i]!)
    return numbers
  }
  if (values instanceof Float64Array) return values
  return new Float64Array((values as Int32Array).subarray(0, length))
}

/** The values of a `bigint` column, over its own memory. */
export function bigintsOf(data: Data): BigInt64Array | BigUint64Array {
  return data.values as BigInt64Array | BigUint64Array
}

/** The unscaled integers of a decimal column. */
export function decimalsOf(data: Data): bigint[] {
  const words = data.values as Uint32Array
  const { stride } = data
  const bits = (data.type as Decimal).bitWidth
  return Array.from({ length: data.length }, (_, row) => {
    let value = 0n
    for (let word = stride - 1; word >= 0; word--)
      value = (value << 32n) | BigInt(words[row * stride + word]!)
    return BigInt.asIntN(bits, value)
  })
}

/** Strings or binaries as one run of bytes: row `i` is `bytes[starts[i], starts[i + 1])`. */
export interface ByteValues {
  readonly starts: Int32Array | Float64Array
  readonly bytes: Uint8Array
}

export function bytesOf(data: Data): ByteValues {
  const { length } = data
  switch (data.typeId) {
    case Type.Utf8:
    case Type.Binary:
      return { starts: data.valueOffsets as Int32Array, bytes: data.values as Uint8Array }
    case Type.LargeUtf8:
    case Type.LargeBinary:
      return {
        starts: Float64Array.from(data.valueOffsets as ArrayLike<bigint | number>, Number),
        bytes: data.values as Uint8Array,
      }
    case Type.Utf8View:
    case Type.BinaryView:
      return viewBytes(data)
    default: {
      const starts = Int32Array.from({ length: length + 1 }, (_, i) => i * data.stride)
      return { starts, bytes: data.values as Uint8Array }
    }
  }
}

function viewBytes(data: Data): ByteValues {
  const { views, variadicBuffers } = concatViews([data], data.length)
  const long = variadicBuffers[0] ?? new Uint8Array(0)
  const view = new DataView(views.buffer)
  const starts = new Int32Array(data.length + 1)
  for (let i = 0; i < data.length; i++) starts[i + 1] = starts[i]! + view.getInt32(i * 16, true)
  const bytes = new Uint8Array(starts[data.length]!)
  for (let i = 0; i < data.length; i++) {
    const size = view.getInt32(i * 16, true)
    const offset = size <= 12 ? i * 16 + 4 : view.getInt32(i * 16 + 12, true)
    bytes.set((size <= 12 ? views : long).subarray(offset, offset + size), starts[i])
  }
  return { starts, bytes }
}
