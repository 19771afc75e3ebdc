import { type Data } from 'apache-arrow'
import { OutOfRangeError } from './frame_error.js'
import { VIEW_BYTES, VIEW_INLINE_BYTES } from './layout.js'
import { validityOf } from './validity.js'

const MAX_INT32 = 0x7fffffff

/** One view column as `makeData` takes it, with all long values in one buffer. */
interface ViewBuffers {
  views: Uint8Array
  variadicBuffers: Uint8Array[]
}

/** The views of columns laid end to end, and the long values that they point to, in new memory. */
export function concatViews(columns: readonly Data[], length: number): ViewBuffers {
  const gather = new ViewGather(length)
  for (const column of columns) {
    const source = gather.source(column)
    for (let row = 0; row < column.length; row++) source(row)
  }
  return gather.finish()
}

/** The views of the rows `indices` of a column in new memory; a negative index gives an empty value. */
export function takeViews(column: Data, indices: Int32Array): ViewBuffers {
  const gather = new ViewGather(indices.length)
  const source = gather.source(column)
  for (const row of indices) source(row)
  return gather.finish()
}

class ViewGather {
  private readonly views: Uint8Array
  private readonly target: DataView
  private readonly chunks: Uint8Array[] = []
  private at = 0
  private longBytes = 0

  constructor(length: number) {
    this.views = new Uint8Array(length * VIEW_BYTES)
    this.target = new DataView(this.views.buffer)
  }

  /** A function that appends one row of a column. What lies under a null is not defined, so nulls stay zero. */
  source(column: Data): (row: number) => void {
    const views = column.values as Uint8Array
    const view = new DataView(views.buffer, views.byteOffset, views.byteLength)
    const validity = validityOf(column)
    return (row) => {
      const at = this.at
      this.at += VIEW_BYTES
      if (row < 0) return
      if (validity) {
        const bit = validity.offset + row
        if ((validity.bits[bit >> 3]! & (1 << (bit & 7))) === 0) return
      }
      const from = row * VIEW_BYTES
      this.views.set(views.subarray(from, from + VIEW_BYTES), at)
      const size = view.getInt32(from, true)
      if (size <= VIEW_INLINE_BYTES) return
      const offset = view.getInt32(from + 12, true)
      this.chunks.push(column.variadicBuffers[view.getInt32(from + 8, true)]!.subarray(offset, offset + size))
      this.target.setInt32(at + 8, 0, true)
      this.target.setInt32(at + 12, this.longBytes, true)
      this.longBytes += size
      if (this.longBytes > MAX_INT32) {
        throw new OutOfRangeError(
          `the long values pass the ${MAX_INT32} bytes of a view's buffer; use smaller batches`,
        )
      }
    }
  }

  finish(): ViewBuffers {
    if (this.longBytes === 0) return { views: this.views, variadicBuffers: [] }
    const long = new Uint8Array(this.longBytes)
    let at = 0
    for (const chunk of this.chunks) {
      long.set(chunk, at)
      at += chunk.length
    }
    return { views: this.views, variadicBuffers: [long] }
  }
}
