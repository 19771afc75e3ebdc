import { type Data, makeData, type RecordBatch, type TypeMap } from 'apache-arrow'
import { newLike, type Offsets, offsetsOf, type Values, valuesOf } from './buffers.js'
import { adoptBatch } from './adopt.js'
import { makeBatch } from './batch.js'
import { bitmapBytes, getBit, setBit } from './bits.js'
import { concatColumns } from './concat.js'
import { OutOfRangeError } from './frame_error.js'
import { layoutOf } from './layout.js'
import { nullColumn, withBuffers } from './null_column.js'
import { takeValidity } from './validity.js'
import { takeViews } from './views.js'

/**
 * A batch of the rows at `indices`, in that order; a row may come more than once. The values are copied, dictionaries are shared with
 * the batch. Throws `ERR_QADS_OUT_OF_RANGE` for an index that is no row.
 */
export function takeRows<T extends TypeMap>(
  source: RecordBatch<T>,
  indices: ArrayLike<number>,
): RecordBatch<T> {
  const batch = adoptBatch(source)
  const rows = indices instanceof Int32Array ? indices : Int32Array.from(indices)
  for (let i = 0; i < rows.length; i++) {
    if (rows[i]! < 0 || rows[i]! >= batch.numRows) {
      throw new OutOfRangeError(`row ${rows[i]} is not one of the ${batch.numRows} rows of the batch`)
    }
  }
  const columns = batch.data.children.map((column) => takeColumn(column, rows))
  return makeBatch(batch.schema, columns, rows.length, batch.metadata)
}

/** The rows `indices` of a column in new memory; -1 gives a null. Other indices are not checked. */
export function takeColumn(source: Data, indices: Int32Array): Data {
  const data = withBuffers(source)
  const type = data.type
  const length = indices.length
  if (length === 0) return nullColumn(type, 0)
  switch (layoutOf(type)) {
    case 'null':
      return makeData({ type: type as never, length })
    case 'fixed':
      return makeData({
        type,
        length,
        ...takeValidity(data, indices),
        data: takeFixed(data, indices),
      } as never)
    case 'bits':
      return makeData({
        type,
        length,
        ...takeValidity(data, indices),
        data: takeBits(data, indices),
      } as never)
    case 'bytes':
      return makeData({ type, length, ...takeValidity(data, indices), ...takeBytes(data, indices) } as never)
    case 'views':
      return makeData({ type, length, ...takeValidity(data, indices), ...takeViews(data, indices) } as never)
    case 'list': {
      const { valueOffsets, items } = takeOffsets(data, indices)
      const child = takeColumn(data.children[0]!, items)
      return makeData({ type, length, ...takeValidity(data, indices), valueOffsets, child } as never)
    }
    case 'fixed-list': {
      const child = takeColumn(data.children[0]!, fixedItems(data.stride, indices))
      return makeData({ type, length, ...takeValidity(data, indices), child } as never)
    }
    case 'struct': {
      const children = data.children.map((child) => takeColumn(child, indices))
      return makeData({ type, length, ...takeValidity(data, indices), children } as never)
    }
    case 'union':
      return takeUnion(data, indices)
    case 'dictionary': {
      const { dictionary } = data
      const values = takeFixed(data, indices)
      return makeData({ type, length, ...takeValidity(data, indices), data: values, dictionary } as never)
    }
  }
}

function takeFixed(data: Data, indices: Int32Array): Values {
  const source = valuesOf(data)
  const target = newLike(source, indices.length * data.stride)
  // 64-bit integers move as pairs of words: to read one as an element makes a bigint.
  if (source instanceof BigInt64Array || source instanceof BigUint64Array) {
    takeElements(wordsOf(source), wordsOf(target as typeof source), data.stride * 2, indices)
  } else {
    takeElements(source as ArrayLike<number>, target as Int32Array, data.stride, indices)
  }
  return target
}

function takeElements(
  source: ArrayLike<number>,
  target: Int32Array,
  stride: number,
  indices: Int32Array,
): void {
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!
    if (row < 0) continue
    for (let k = 0; k < stride; k++) target[i * stride + k] = source[row * stride + k]!
  }
}

function wordsOf({ buffer, byteOffset, length }: BigInt64Array | BigUint64Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length * 2)
}

function takeBits(data: Data, indices: Int32Array): Uint8Array {
  const target = new Uint8Array(bitmapBytes(indices.length))
  for (let i = 0; i < indices.length; i++) {
    if (indices[i]! >= 0 && getBit(data.values as Uint8Array, data.offset + indices[i]!)) setBit(target, i)
  }
  return target
}

/** Up to here a loop is cheaper than a view. */
const LOOP_BYTES = 48

function takeBytes(data: Data, indices: Int32Array): { valueOffsets: Offsets; data: Uint8Array } {
  const { valueOffsets, starts } = newOffsets(data, indices)
  const source = data.values as Uint8Array
  const target = new Uint8Array(Number(valueOffsets[indices.length]!))
  let at = 0
  for (let i = 0; i < indices.length; i++) {
    const next = Number(valueOffsets[i + 1]!)
    const shift = starts[i]! - at
    if (next - at > LOOP_BYTES) target.set(source.subarray(at + shift, next + shift), at)
    else for (let k = at; k < next; k++) target[k] = source[k + shift]!
    at = next
  }
  return { valueOffsets, data: target }
}

function takeOffsets(data: Data, indices: Int32Array): { valueOffsets: Offsets; items: Int32Array } {
  const { valueOffsets, starts } = newOffsets(data, indices)
  const items = new Int32Array(Number(valueOffsets[indices.length]!))
  let at = 0
  for (let i = 0; i < indices.length; i++) {
    const next = Number(valueOffsets[i + 1]!)
    for (let item = starts[i]!; at < next; item++) items[at++] = item
  }
  return { valueOffsets, items }
}

/** The offsets of the rows `indices` laid end to end, and where each of them started. */
function newOffsets(data: Data, indices: Int32Array): { valueOffsets: Offsets; starts: Float64Array } {
  const offsets = offsetsOf(data)!
  const ends = new Float64Array(indices.length)
  const starts = new Float64Array(indices.length)
  let total = 0
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!
    if (row >= 0) {
      starts[i] = Number(offsets[row]!)
      total += Number(offsets[row + 1]!) - starts[i]!
    }
    ends[i] = total
  }
  if (offsets instanceof BigInt64Array) {
    const valueOffsets = new BigInt64Array(indices.length + 1)
    for (let i = 0; i < indices.length; i++) valueOffsets[i + 1] = BigInt(ends[i]!)
    return { valueOffsets, starts }
  }
  if (total > 0x7fffffff) {
    throw new OutOfRangeError(
      `${total} bytes or items pass the 2147483647 of a 32-bit offset; take fewer rows`,
    )
  }
  const valueOffsets = new Int32Array(indices.length + 1)
  valueOffsets.set(ends, 1)
  return { valueOffsets, starts }
}

function fixedItems(stride: number, indices: Int32Array): Int32Array {
  const items = new Int32Array(indices.length * stride)
  for (let i = 0; i < items.length; i++) {
    const row = indices[Math.floor(i / stride)]!
    items[i] = row < 0 ? -1 : row * stride + (i % stride)
  }
  return items
}

function takeUnion(data: Data, indices: Int32Array): Data {
  const type = data.type
  // A union cannot mark a row as null, so the missing rows point to a row of nulls behind the last.
  if (indices.some((row) => row < 0)) {
    const extended = concatColumns([data, nullColumn(type, 1)])
    return takeUnion(
      extended,
      indices.map((row) => (row < 0 ? data.length : row)),
    )
  }
  const typeIds = takeFrom(data.typeIds as Int8Array, indices)
  if (data.valueOffsets !== undefined) {
    const valueOffsets = takeFrom(data.valueOffsets as Int32Array, indices)
    return makeData({ type, length: indices.length, typeIds, valueOffsets, children: data.children } as never)
  }
  const children = data.children.map((child) => takeColumn(child, indices))
  return makeData({ type, length: indices.length, typeIds, children } as never)
}

function takeFrom<A extends Int8Array | Int32Array>(source: A, indices: Int32Array): A {
  const target = newLike(source, indices.length)
  for (let i = 0; i < indices.length; i++) target[i] = source[indices[i]!]!
  return target
}
