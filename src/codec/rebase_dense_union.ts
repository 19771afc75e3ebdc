import type { ColumnData } from './column_data.js'
import type { ColumnShape } from './column_shape.js'

/** The offsets of some rows of a dense union, and the range of each child that they refer to. */
export interface DenseUnionRows {
  readonly offsets: Int32Array
  readonly begins: number[]
  readonly lengths: number[]
}

const NO_OFFSETS = new Int32Array(0)

/**
 * Cuts the children of a dense union down to what the rows [from, from + rows) use, and moves the offsets along.
 * A slice shares the children of the whole, of which it may need next to nothing.
 */
export function rebaseDenseUnion(
  shape: ColumnShape,
  data: ColumnData,
  from: number,
  rows: number,
): DenseUnionRows {
  const typeIds = data.typeIds ?? new Int8Array(rows)
  const source = (data.valueOffsets as Int32Array | null | undefined) ?? NO_OFFSETS
  const childOf = new Int32Array(256).fill(-1)
  shape.typeIds.forEach((id, child) => (childOf[id & 0xff] = child))
  const begins = shape.children.map(() => Infinity)
  const ends = shape.children.map(() => 0)
  for (let i = from; i < from + rows; i++) {
    const child = childOf[typeIds[i]! & 0xff]!
    const offset = source[i] ?? 0
    if (child < 0) continue
    if (offset < begins[child]!) begins[child] = offset
    if (offset >= ends[child]!) ends[child] = offset + 1
  }
  const starts = begins.map((begin, child) => (ends[child] === 0 ? 0 : begin))
  const offsets = new Int32Array(rows)
  for (let i = 0; i < rows; i++) {
    const child = childOf[typeIds[from + i]! & 0xff]!
    offsets[i] = (source[from + i] ?? 0) - (child < 0 ? 0 : starts[child]!)
  }
  return { offsets, begins: starts, lengths: ends.map((end, child) => end - starts[child]!) }
}
