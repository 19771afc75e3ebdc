import {
  type Data,
  type DataType,
  type Dictionary,
  makeData,
  type Union,
  UnionMode,
  Vector,
} from 'apache-arrow'
import { offsetsOf, valuesOf } from './buffers.js'
import { bitmapBytes } from './bits.js'
import { layoutOf, VIEW_BYTES } from './layout.js'

type ArrayOf = new (length: number) => ArrayLike<unknown>

/** A column of nulls, with all the buffers that its type asks for. */
export function nullColumn(type: DataType, length: number): Data {
  const nulls = { type, length, nullCount: length, nullBitmap: new Uint8Array(bitmapBytes(length)) }
  switch (layoutOf(type)) {
    case 'null':
      return makeData({ type: type as never, length })
    case 'fixed': {
      const stride = makeData({ type, length: 0 } as never).stride
      return makeData({ ...nulls, data: new (type.ArrayType as ArrayOf)(length * stride) } as never)
    }
    case 'bits':
      return makeData({ ...nulls, data: new Uint8Array(bitmapBytes(length)) } as never)
    case 'bytes':
      return makeData({
        ...nulls,
        valueOffsets: new (type.OffsetArrayType as ArrayOf)(length + 1),
        data: new Uint8Array(0),
      } as never)
    case 'views':
      return makeData({ ...nulls, views: new Uint8Array(length * VIEW_BYTES), variadicBuffers: [] } as never)
    case 'list':
      return makeData({
        ...nulls,
        valueOffsets: new (type.OffsetArrayType as ArrayOf)(length + 1),
        child: childOf(type, 0),
      } as never)
    case 'fixed-list':
      return makeData({
        ...nulls,
        child: childOf(type, length * (type as unknown as { listSize: number }).listSize),
      } as never)
    case 'struct':
      return makeData({
        ...nulls,
        children: type.children.map((field) => nullColumn(field.type as DataType, length)),
      } as never)
    case 'union':
      return nullUnion(type as Union, length)
    case 'dictionary': {
      const { indices, dictionary } = type as Dictionary<DataType>
      const data = new (indices.ArrayType as ArrayOf)(length)
      return makeData({
        ...nulls,
        data,
        dictionary: new Vector([nullColumn(dictionary, 0)]),
      } as never)
    }
  }
}

/**
 * The column itself, or one of nulls in its place when it has no buffers: apache-arrow leaves them out of a column that it
 * makes up for a missing one.
 */
export function withBuffers(data: Data): Data {
  return isComplete(data) ? data : nullColumn(data.type, data.length)
}

function isComplete(data: Data): boolean {
  const { length, stride } = data
  switch (layoutOf(data.type)) {
    case 'null':
    case 'union':
      return true
    case 'fixed':
      return lengthOf(valuesOf(data)) >= length * stride
    case 'bits':
      return lengthOf(valuesOf(data)) * 8 >= data.offset + length
    case 'views':
      return lengthOf(valuesOf(data)) >= length * VIEW_BYTES
    case 'bytes':
      return length === 0 || lengthOf(offsetsOf(data)) > length
    case 'list':
      return data.children[0] !== undefined && (length === 0 || lengthOf(offsetsOf(data)) > length)
    case 'fixed-list':
      return data.children[0] !== undefined
    case 'struct':
      return data.children.length === data.type.children.length
    case 'dictionary':
      return data.dictionary !== undefined && lengthOf(valuesOf(data)) >= length
  }
}

function lengthOf(values: ArrayLike<unknown> | undefined): number {
  return values?.length ?? 0
}

function childOf(type: DataType, length: number): Data {
  return nullColumn(type.children[0]!.type as DataType, length)
}

/** A union has no nulls of its own: every row is a null of its first child. */
function nullUnion(type: Union, length: number): Data {
  const sparse = type.mode === UnionMode.Sparse
  const typeIds = new Int8Array(length).fill(type.typeIds[0]!)
  const children = type.children.map(({ type: child }, i) =>
    nullColumn(child as DataType, sparse ? length : i === 0 && length > 0 ? 1 : 0),
  )
  return makeData({
    type,
    length,
    typeIds,
    children,
    ...(sparse ? {} : { valueOffsets: new Int32Array(length) }),
  } as never)
}
