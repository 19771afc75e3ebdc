import type { TypedArray } from './column_data.js'

const ARRAY_TYPES = [
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
] as const

export type TypedArrayConstructor = (typeof ARRAY_TYPES)[number]

/** The place of an array type in `BufferViews.typed`. */
export function viewIndexOf(arrayType: TypedArrayConstructor): number {
  return ARRAY_TYPES.indexOf(arrayType)
}

export const UINT8_VIEW = viewIndexOf(Uint8Array)
export const INT8_VIEW = viewIndexOf(Int8Array)
export const INT32_VIEW = viewIndexOf(Int32Array)
export const INT64_VIEW = viewIndexOf(BigInt64Array)

/** Copies all of an array to a byte position of the buffer behind the views, or will before the bytes are needed. */
export type LargeCopy = (position: number, source: TypedArray) => void

/** From so many bytes on a call of a `LargeCopy` is worth it. */
export const LARGE_COPY_BYTES = 128 * 1024

/**
 * One view of each array type over a whole buffer. A column is copied with `views.typed[i].set(column, position)`:
 * a view of the column's own type needs no temporary view a column, which would cost more than copying 100 values.
 */
export class BufferViews {
  readonly u8: Uint8Array
  readonly u32: Uint32Array
  readonly i32: Int32Array
  readonly i64: BigInt64Array
  readonly typed: readonly TypedArray[]
  readonly byteLength: number
  #largeCopy: LargeCopy | undefined

  private constructor(buffer: ArrayBufferLike) {
    this.typed = ARRAY_TYPES.map(
      (ArrayType) =>
        new ArrayType(buffer as ArrayBuffer, 0, Math.floor(buffer.byteLength / ArrayType.BYTES_PER_ELEMENT)),
    )
    this.byteLength = buffer.byteLength
    this.u8 = this.typed[UINT8_VIEW] as Uint8Array
    this.u32 = this.typed[viewIndexOf(Uint32Array)] as Uint32Array
    this.i32 = this.typed[INT32_VIEW] as Int32Array
    this.i64 = this.typed[INT64_VIEW] as BigInt64Array
  }

  static readonly #known = new WeakMap<ArrayBufferLike, BufferViews>()

  /** The views over `buffer`, made once a buffer. They keep the buffer alive no longer than it lives itself. */
  static of(buffer: ArrayBufferLike): BufferViews {
    let views = BufferViews.#known.get(buffer)
    if (views === undefined) {
      views = new BufferViews(buffer)
      BufferViews.#known.set(buffer, views)
    }
    return views
  }

  /** Lets `copy` use a better way for many bytes. */
  copyLargeWith(copy: LargeCopy): void {
    this.#largeCopy = copy
  }

  /** Copies all of `source` to a byte position; `view` is the place of its array type in `typed`. */
  copy(view: number, position: number, source: TypedArray): void {
    const target = this.typed[view]!
    const width = target.BYTES_PER_ELEMENT
    if (
      this.#largeCopy !== undefined &&
      source.length * width >= LARGE_COPY_BYTES &&
      isPlain(source, target)
    ) {
      this.#largeCopy(position, source)
    } else {
      target.set(source as never, position / width)
    }
  }
}

/** `set` converts elements of another type, and reads memory that other threads write. */
function isPlain(source: TypedArray, target: TypedArray): boolean {
  return (
    source.buffer instanceof ArrayBuffer &&
    Object.prototype.toString.call(source) === Object.prototype.toString.call(target)
  )
}
