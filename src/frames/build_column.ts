import {
  type Data,
  type DataType,
  type Decimal,
  type Float,
  makeData,
  Precision,
  Type,
  util,
} from 'apache-arrow'
import { typeName } from './buffers.js'
import { bitmapBytes, setBit } from './bits.js'
import { OutOfRangeError } from './frame_error.js'
import { layoutOf, VIEW_BYTES, VIEW_INLINE_BYTES } from './layout.js'
import { type NewValidity } from './validity.js'

type NumberArrayType = new (length: number) => Record<number, number>

/** A column of a `number` type. What lies under a null is of no matter. */
export function columnFromNumbers(
  type: DataType,
  numbers: ArrayLike<number>,
  length: number,
  validity: NewValidity,
): Data {
  if (type.typeId === Type.Bool) {
    const data = new Uint8Array(bitmapBytes(length))
    for (let i = 0; i < length; i++) if (numbers[i] !== 0) setBit(data, i)
    return makeData({ type, length, ...validity, data } as never)
  }
  const half = type.typeId === Type.Float && (type as Float).precision === Precision.HALF
  const data = new (type.ArrayType as NumberArrayType)(length)
  for (let i = 0; i < length; i++) data[i] = half ? util.float64ToUint16(numbers[i]!) : numbers[i]!
  return makeData({ type, length, ...validity, data } as never)
}

/** A column of a `bigint` type; throws `ERR_QADS_OUT_OF_RANGE` for a value that its 64 bits cannot hold. */
export function columnFromBigints(
  type: DataType,
  bigints: ArrayLike<bigint>,
  length: number,
  validity: NewValidity,
): Data {
  const data = new (type.ArrayType as BigInt64ArrayConstructor)(length)
  for (let i = 0; i < length; i++) {
    data[i] = bigints[i]!
    if (data[i] !== bigints[i]) {
      throw new OutOfRangeError(`${bigints[i]} does not fit into ${typeName(type)}`)
    }
  }
  return makeData({ type, length, ...validity, data } as never)
}

/** A decimal column of unscaled integers; throws `ERR_QADS_OUT_OF_RANGE` for one that its bits cannot hold. */
export function columnFromDecimals(
  type: Decimal,
  decimals: ArrayLike<bigint>,
  length: number,
  validity: NewValidity,
): Data {
  const stride = type.bitWidth / 32
  const data = new Uint32Array(length * stride)
  for (let i = 0; i < length; i++) {
    const decimal = decimals[i]!
    if (BigInt.asIntN(type.bitWidth, decimal) !== decimal) {
      throw new OutOfRangeError(`the unscaled integer ${decimal} does not fit into ${typeName(type)}`)
    }
    for (let word = 0; word < stride; word++) {
      data[i * stride + word] = Number((decimal >> BigInt(word * 32)) & 0xffffffffn)
    }
  }
  return makeData({ type, length, ...validity, data } as never)
}

/** A column of strings or binaries, of whichever layout the type asks for. Empty values may stand for the nulls. */
export function columnFromBytes(type: DataType, values: readonly Uint8Array[], validity: NewValidity): Data {
  const length = values.length
  const sizes = values.reduce((sum, value) => sum + value.length, 0)
  if (layoutOf(type) === 'views') return columnFromViews(type, values, validity)
  if (type.typeId === Type.FixedSizeBinary) {
    const { byteWidth } = type as unknown as { byteWidth: number }
    const data = new Uint8Array(length * byteWidth)
    values.forEach((value, i) => {
      data.set(value, i * byteWidth)
    })
    return makeData({ type, length, ...validity, data } as never)
  }
  const large = type.typeId === Type.LargeUtf8 || type.typeId === Type.LargeBinary
  if (!large && sizes > 0x7fffffff) {
    throw new OutOfRangeError(
      `${sizes} bytes of values do not fit into ${typeName(type)}; use its large variant`,
    )
  }
  const valueOffsets = large ? new BigInt64Array(length + 1) : new Int32Array(length + 1)
  const data = new Uint8Array(sizes)
  let at = 0
  values.forEach((value, i) => {
    data.set(value, at)
    at += value.length
    valueOffsets[i + 1] = large ? BigInt(at) : at
  })
  return makeData({ type, length, ...validity, valueOffsets, data } as never)
}

function columnFromViews(type: DataType, values: readonly Uint8Array[], validity: NewValidity): Data {
  const views = new Uint8Array(values.length * VIEW_BYTES)
  const target = new DataView(views.buffer)
  const long = new Uint8Array(
    values.reduce((sum, value) => sum + (value.length > VIEW_INLINE_BYTES ? value.length : 0), 0),
  )
  let at = 0
  values.forEach((value, i) => {
    target.setInt32(i * VIEW_BYTES, value.length, true)
    if (value.length <= VIEW_INLINE_BYTES) {
      views.set(value, i * VIEW_BYTES + 4)
    } else {
      views.set(value.subarray(0, 4), i * VIEW_BYTES + 4)
      target.setInt32(i * VIEW_BYTES + 12, at, true)
      long.set(value, at)
      at += value.length
    }
  })
  const variadicBuffers = long.length === 0 ? [] : [long]
  return makeData({ type, length: values.length, ...validity, views, variadicBuffers } as never)
}
