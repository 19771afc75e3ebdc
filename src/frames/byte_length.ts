import { type Data, type RecordBatch, type Union } from 'apache-arrow'
import { adoptBatch } from './adopt.js'
import { offsetsOf, valuesOf } from './buffers.js'
import { layoutOf, VIEW_BYTES, VIEW_INLINE_BYTES } from './layout.js'
import { withBuffers } from './null_column.js'
import { validityOf } from './validity.js'

/**
 * Bytes that the rows [begin, end) of a batch take: values, offsets and validity, without padding, and without dictionaries, which
 * many batches share. A slice counts what it shows, not the memory under it. Validity counts also where no row is null, so
 * that joined batches never take more than their parts.
 */
export function batchByteLength(batch: RecordBatch, begin = 0, end = batch.numRows): number {
  return adoptBatch(batch).data.children.reduce(
    (sum, column) => sum + columnByteLength(column, begin, end),
    0,
  )
}

/** Bytes that the rows [begin, end) of a column take. It never shrinks as `end` grows. */
export function columnByteLength(source: Data, begin: number, end: number): number {
  const data = withBuffers(source)
  const rows = end - begin
  if (rows <= 0) return 0
  const layout = layoutOf(data.type)
  return (
    (layout === 'null' || layout === 'union' ? 0 : bitBytes(rows)) + valueByteLength(data, begin, end, rows)
  )
}

function valueByteLength(data: Data, begin: number, end: number, rows: number): number {
  switch (layoutOf(data.type)) {
    case 'null':
      return 0
    case 'bits':
      return bitBytes(rows)
    case 'fixed':
    case 'dictionary':
      return rows * data.stride * valuesOf(data).BYTES_PER_ELEMENT
    case 'bytes': {
      const [first, last] = itemRange(data, begin, end)
      return (rows + 1) * offsetsOf(data)!.BYTES_PER_ELEMENT + last - first
    }
    case 'views':
      return rows * VIEW_BYTES + longBytes(data, begin, end)
    case 'list': {
      const [first, last] = itemRange(data, begin, end)
      return (
        (rows + 1) * offsetsOf(data)!.BYTES_PER_ELEMENT + columnByteLength(data.children[0]!, first, last)
      )
    }
    case 'fixed-list':
      return columnByteLength(data.children[0]!, begin * data.stride, end * data.stride)
    case 'struct':
      return data.children.reduce((sum, child) => sum + columnByteLength(child, begin, end), 0)
    case 'union':
      return unionByteLength(data, begin, end, rows)
  }
}

function unionByteLength(data: Data, begin: number, end: number, rows: number): number {
  const offsets = offsetsOf(data)
  if (offsets === undefined) {
    return rows + data.children.reduce((sum, child) => sum + columnByteLength(child, begin, end), 0)
  }
  const type = data.type as Union
  let bytes = rows * 5
  for (let row = begin; row < end; row++) {
    const child = data.children[type.typeIdToChildIndex[(data.typeIds as Int8Array)[row]!]!]!
    const at = Number(offsets[row]!)
    bytes += columnByteLength(child, at, at + 1)
  }
  return bytes
}

function longBytes(data: Data, begin: number, end: number): number {
  const views = data.values as Uint8Array
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength)
  const validity = validityOf(data)
  let bytes = 0
  for (let row = begin; row < end; row++) {
    if (validity) {
      const bit = validity.offset + row
      if ((validity.bits[bit >> 3]! & (1 << (bit & 7))) === 0) continue
    }
    const size = view.getInt32(row * VIEW_BYTES, true)
    if (size > VIEW_INLINE_BYTES) bytes += size
  }
  return bytes
}

function itemRange(data: Data, begin: number, end: number): [first: number, last: number] {
  const offsets = offsetsOf(data)!
  return [Number(offsets[begin]!), Number(offsets[end]!)]
}

function bitBytes(rows: number): number {
  return (rows + 7) >> 3
}
