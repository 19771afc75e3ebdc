import { type Data, type RecordBatch, type TypeMap } from 'apache-arrow'
import { adoptBatch } from './adopt.js'
import { makeBatch } from './batch.js'
import { bitmapBytes, copyBits } from './bits.js'
import { concatColumns } from './concat.js'
import { hasUnsliceableChild, layoutOf, VIEW_BYTES } from './layout.js'
import { validityOf } from './validity.js'

/**
 * The rows [begin, end) of a batch, over the same memory. Negative positions count from the last row, and positions past an end
 * are taken for that end, as in `Array.prototype.slice`.
 */
export function sliceRows<T extends TypeMap>(
  whole: RecordBatch<T>,
  begin = 0,
  end = whole.numRows,
): RecordBatch<T> {
  const batch = adoptBatch(whole)
  const from = position(begin, batch.numRows)
  const to = Math.max(from, position(end, batch.numRows))
  if (from === 0 && to === batch.numRows) return batch
  const columns = batch.data.children.map((column) => sliceColumn(column, from, to - from))
  return makeBatch(batch.schema, columns, to - from, batch.metadata)
}

/**
 * Rows of a column over the same memory, in a form that apache-arrow's writer can write. `Data.slice` alone is not: its writer shifts
 * the views of a slice twice, and mistakes which rows of a dense union's children belong to one. Lists of such types are copied.
 */
export function sliceColumn(data: Data, begin: number, length: number): Data {
  if (begin === 0 && length === data.length) return data
  switch (layoutOf(data.type)) {
    case 'views': {
      const values = (data.values as Uint8Array).subarray(begin * VIEW_BYTES, (begin + length) * VIEW_BYTES)
      return rebased(data, begin, length, [undefined, values])
    }
    case 'union': {
      const typeIds = (data.typeIds as Int8Array).subarray(begin, begin + length)
      const dense = data.valueOffsets !== undefined
      const offsets = dense ? (data.valueOffsets as Int32Array).subarray(begin, begin + length) : undefined
      const children = dense ? data.children : data.children.map((child) => sliceColumn(child, begin, length))
      return data.clone(data.type, 0, length, 0, [offsets, undefined, undefined, typeIds] as never, children)
    }
    case 'struct': {
      const children = data.children.map((child) => sliceColumn(child, begin, length))
      return rebased(data, begin, length, [], children)
    }
    case 'fixed-list': {
      const children = data.children.map((child) =>
        sliceColumn(child, begin * data.stride, length * data.stride),
      )
      return rebased(data, begin, length, [], children)
    }
    case 'list': {
      const slice = data.slice(begin, length)
      return hasUnsliceableChild(data.type) ? concatColumns([slice]) : slice
    }
    default:
      return data.slice(begin, length)
  }
}

/** A slice whose offset is 0, which for its validity may take a copy of the bits. */
function rebased(data: Data, begin: number, length: number, buffers: unknown[], children: Data[] = []): Data {
  const validity = validityOf(data)
  const bits = validity && alignedBits(validity.bits, validity.offset + begin, length)
  return data.clone(
    data.type,
    0,
    length,
    validity ? -1 : 0,
    [buffers[0], buffers[1], bits] as never,
    children,
  )
}

function alignedBits(bits: Uint8Array, offset: number, length: number): Uint8Array {
  if ((offset & 7) === 0) return bits.subarray(offset >> 3)
  const aligned = new Uint8Array(bitmapBytes(length))
  copyBits(bits, offset, aligned, 0, length)
  return aligned
}

function position(index: number, rows: number): number {
  const whole = Math.trunc(index) || 0
  return whole < 0 ? Math.max(0, rows + whole) : Math.min(whole, rows)
}
