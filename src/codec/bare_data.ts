import { Data, type DataType, type Vector } from 'apache-arrow'
import type { OffsetsArray, TypedArray } from './column_data.js'

/** The fields of apache-arrow's Data, in its order; `_nullCount` is -1 if it is not known. */
interface Fields {
  type: DataType
  children: readonly Data[]
  dictionary: Vector | undefined
  offset: number
  length: number
  _nullCount: number
  stride: number
  valueOffsets: OffsetsArray | undefined
  values: TypedArray | undefined
  nullBitmap: Uint8Array | undefined
  typeIds: Int8Array | undefined
  variadicBuffers: readonly Uint8Array[]
}

type BareDataConstructor = new (
  type: DataType,
  stride: number,
  length: number,
  nullCount: number,
  nullBitmap: Uint8Array | undefined,
  values: TypedArray | undefined,
  valueOffsets: OffsetsArray | undefined,
  typeIds: Int8Array | undefined,
  children: readonly Data[],
  dictionary: Vector | undefined,
  variadicBuffers: readonly Uint8Array[],
) => Data

/**
 * A Data of checked parts, without apache-arrow's constructor, which spends on finding out what it was given as much as
 * everything else costs that makes a column. It is of the same class and has the same fields; a test compares them.
 */
export const BareData = function (
  this: Fields,
  ...[
    type,
    stride,
    length,
    nullCount,
    nullBitmap,
    values,
    valueOffsets,
    typeIds,
    children,
    dictionary,
    variadicBuffers,
  ]: ConstructorParameters<BareDataConstructor>
) {
  this.type = type
  this.children = children
  this.dictionary = dictionary
  this.offset = 0
  this.length = length
  this._nullCount = nullCount
  this.stride = stride
  this.valueOffsets = valueOffsets
  this.values = values
  this.nullBitmap = nullBitmap
  this.typeIds = typeIds
  this.variadicBuffers = variadicBuffers
} as unknown as BareDataConstructor
BareData.prototype = Data.prototype
