import { type DataType, Type } from 'apache-arrow'
import { childFields } from './buffers.js'

/**
 * How the values of a type lie in memory. Slicing, concatenating and taking rows depend on this alone, not on what the values mean.
 *
 * - `fixed`: one array with `stride` elements to a row
 * - `bits`: one bit to a row
 * - `bytes`: offsets into one run of bytes, `views`: 16-byte views, inline or into further buffers
 * - `list`: offsets into one child, `fixed-list`: `stride` child rows to a row, `struct`: one child to a field
 * - `dictionary`: one array of indices, the values beside it
 */
export type Layout =
  'null' | 'fixed' | 'bits' | 'bytes' | 'views' | 'list' | 'fixed-list' | 'struct' | 'union' | 'dictionary'

export const VIEW_BYTES = 16
/** A view of up to this many bytes holds them itself. */
export const VIEW_INLINE_BYTES = 12

export function layoutOf(type: DataType): Layout {
  switch (type.typeId) {
    case Type.Null:
      return 'null'
    case Type.Bool:
      return 'bits'
    case Type.Utf8:
    case Type.Binary:
    case Type.LargeUtf8:
    case Type.LargeBinary:
      return 'bytes'
    case Type.Utf8View:
    case Type.BinaryView:
      return 'views'
    case Type.List:
    case Type.LargeList:
    case Type.Map:
      return 'list'
    case Type.FixedSizeList:
      return 'fixed-list'
    case Type.Struct:
      return 'struct'
    case Type.Union:
      return 'union'
    case Type.Dictionary:
      return 'dictionary'
    default:
      return 'fixed'
  }
}

/** Whether a type, or any type nested in it, is one whose slices apache-arrow cannot write: views and dense unions. */
export function hasUnsliceableChild(type: DataType): boolean {
  return childFields(type).some(({ type: child }) => {
    const layout = layoutOf(child as DataType)
    return layout === 'views' || layout === 'union' || hasUnsliceableChild(child as DataType)
  })
}
