import { align64 } from './alignment.js'
import { bitmapBytes, copyBits } from './bitmap.js'
import { type BufferViews, INT32_VIEW, INT64_VIEW, UINT8_VIEW } from './buffer_views.js'
import type { OffsetsArray, TypedArray } from './column_data.js'

/** Where the bytes of one buffer of a body come from, and how they are copied. */
export interface BodyBuffer {
  /** Without padding. */
  readonly byteLength: number
  /** Writes `byteLength` bytes at `position`, a multiple of 64, and at will more up to the next multiple of 64. */
  write(views: BufferViews, position: number): void
}

/** A buffer that is left out, as validity is when nothing is null. */
export const NO_BUFFER: BodyBuffer = { byteLength: 0, write: () => undefined }

/** `count` elements of an array, followed by zeros if `byteLength` is more. */
export class ElementsBuffer implements BodyBuffer {
  constructor(
    readonly byteLength: number,
    private readonly source: TypedArray,
    private readonly from: number,
    private readonly count: number,
    private readonly view: number,
  ) {}

  write(views: BufferViews, position: number): void {
    const { source, from, count } = this
    const width = views.typed[this.view]!.BYTES_PER_ELEMENT
    // A source that is padded like the target, as builders make them, is copied whole: its padding is cleared after.
    const isWhole =
      from === 0 && (count === source.length || source.length * width <= align64(this.byteLength))
    const elements = isWhole ? source : source.subarray(from, from + count)
    views.copy(this.view, position, elements)
    const copied = count * width
    if (copied < this.byteLength) views.u8.fill(0, position + copied, position + this.byteLength)
  }
}

export function bytesBuffer(source: Uint8Array, from: number, byteLength: number): BodyBuffer {
  if (byteLength === 0) return NO_BUFFER
  const count = Math.max(0, Math.min(byteLength, source.length - from))
  return new ElementsBuffer(byteLength, source, from, count, UINT8_VIEW)
}

/** `count` bits of a bitmap from bit `from` on, moved to start at bit 0. */
export class BitsBuffer implements BodyBuffer {
  readonly byteLength: number

  constructor(
    private readonly source: Uint8Array,
    private readonly from: number,
    private readonly count: number,
  ) {
    this.byteLength = bitmapBytes(count)
  }

  write(views: BufferViews, position: number): void {
    copyBits(views.u8, position, this.source, this.from, this.count)
  }
}

/**
 * Offsets of `rows` rows, moved so that the first is 0. Only the first `known` of them are in the source: rows after
 * those are empty.
 */
export class Offsets32Buffer implements BodyBuffer {
  readonly byteLength: number

  constructor(
    private readonly source: Int32Array,
    private readonly from: number,
    private readonly known: number,
    private readonly rows: number,
  ) {
    this.byteLength = (rows + 1) * 4
  }

  write(views: BufferViews, position: number): void {
    const target = views.i32
    const { source, from, known } = this
    const base = position / 4
    const begin = source[from]!
    for (let i = 0; i < known; i++) target[base + i] = source[from + i]! - begin
    const last = source[from + known - 1]! - begin
    for (let i = known; i <= this.rows; i++) target[base + i] = last
  }
}

/** The same for 64-bit offsets. */
export class Offsets64Buffer implements BodyBuffer {
  readonly byteLength: number

  constructor(
    private readonly source: BigInt64Array,
    private readonly from: number,
    private readonly known: number,
    private readonly rows: number,
  ) {
    this.byteLength = (rows + 1) * 8
  }

  write(views: BufferViews, position: number): void {
    const target = views.i64
    const { source, from, known } = this
    const base = position / 8
    const begin = source[from]!
    for (let i = 0; i < known; i++) target[base + i] = source[from + i]! - begin
    const last = source[from + known - 1]! - begin
    for (let i = known; i <= this.rows; i++) target[base + i] = last
  }
}

/** The offsets of `rows` rows, of which the source has `known`: copied whole where they start at 0 already. */
export function offsetsBuffer(source: OffsetsArray, from: number, known: number, rows: number): BodyBuffer {
  const count = rows + 1
  const isPlain = known === count && Number(source[from]) === 0
  if (source instanceof BigInt64Array) {
    if (isPlain) return new ElementsBuffer(count * 8, source, from, count, INT64_VIEW)
    return new Offsets64Buffer(source, from, known, rows)
  }
  if (isPlain) return new ElementsBuffer(count * 4, source, from, count, INT32_VIEW)
  return new Offsets32Buffer(source, from, known, rows)
}

export class ZeroBuffer implements BodyBuffer {
  constructor(readonly byteLength: number) {}

  write(views: BufferViews, position: number): void {
    views.u8.fill(0, position, position + this.byteLength)
  }
}
