import type { ColumnData } from './column_data.js'

export const VIEW_BYTES = 16
/** A view of up to this many bytes holds them itself. */
const INLINE_BYTES = 12
const MAX_BUFFER = 0x7fffffff

export interface CompactViews {
  readonly views: Uint8Array
  readonly buffers: readonly Uint8Array[]
}

/**
 * New views of the rows [from, from + rows) over one buffer that holds only what they refer to; undefined if at least
 * half of the variadic buffers is in use, which are then better copied as they are. A slice shares the buffers of
 * the whole, of which it may need next to nothing.
 */
export function compactViews(data: ColumnData, from: number, rows: number): CompactViews | undefined {
  const source = data.values as Uint8Array
  const long = data.variadicBuffers ?? []
  let total = 0
  for (const buffer of long) total += buffer.length
  // Looking at every view must not cost more than copying what it might save.
  if (total <= rows * INLINE_BYTES) return undefined
  const isValid = validityOf(data)
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength)
  const end = Math.min((from + rows) * VIEW_BYTES, source.byteLength)
  let used = 0
  for (let at = from * VIEW_BYTES, row = from; at < end; at += VIEW_BYTES, row++) {
    const size = view.getInt32(at, true)
    if (size > INLINE_BYTES && isValid(row)) used += size
  }
  if (used * 2 >= total || used > MAX_BUFFER) return undefined

  const views = new Uint8Array(rows * VIEW_BYTES)
  const target = new DataView(views.buffer)
  const bytes = new Uint8Array(used)
  let filled = 0
  for (let at = from * VIEW_BYTES, row = from; at < end; at += VIEW_BYTES, row++) {
    if (!isValid(row)) continue
    const to = (row - from) * VIEW_BYTES
    views.set(source.subarray(at, at + VIEW_BYTES), to)
    const size = view.getInt32(at, true)
    if (size <= INLINE_BYTES) continue
    const begin = view.getInt32(at + 12, true)
    bytes.set(long[view.getInt32(at + 8, true)]!.subarray(begin, begin + size), filled)
    target.setInt32(to + 8, 0, true)
    target.setInt32(to + 12, filled, true)
    filled += size
  }
  return { views, buffers: used === 0 ? [] : [bytes] }
}

/** What lies under a null is of no matter, and may refer to anything. */
function validityOf(data: ColumnData): (row: number) => boolean {
  const bitmap = data.nullBitmap
  if (!bitmap || bitmap.length === 0 || data.nullCount <= 0) return () => true
  return (row) => {
    const bit = data.offset + row
    return (bitmap[Math.floor(bit / 8)]! & (1 << (bit % 8))) !== 0
  }
}
