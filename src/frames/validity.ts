import { type Data, Type } from 'apache-arrow'
import { bitmapBytes, copyBits, fillBits, setBit } from './bits.js'

/** The validity bits of a column: row `i` is not null when bit `offset + i` is set. */
export interface Validity {
  readonly bits: Uint8Array
  readonly offset: number
}

/** A fresh bitmap, as `makeData` takes it: `nullBitmap` is left out when no row is null. */
export interface NewValidity {
  readonly nullCount: number
  readonly nullBitmap?: Uint8Array
}

const NO_NULLS: NewValidity = { nullCount: 0 }

/** The validity of a column, or undefined when no row of it is null, which callers take as the fast path. */
export function validityOf(data: Data): Validity | undefined {
  if (data.typeId === Type.Null) return { bits: new Uint8Array(bitmapBytes(data.length)), offset: 0 }
  // A union has no validity of its own; its nulls are those of its children.
  if (data.typeId === Type.Union || data.nullCount <= 0) return undefined
  return { bits: data.nullBitmap, offset: data.offset }
}

/** The validity of columns laid end to end. */
export function concatValidity(columns: readonly Data[]): NewValidity {
  let length = 0
  let nullCount = 0
  for (const column of columns) {
    length += column.length
    nullCount += Math.max(column.nullCount, 0)
  }
  if (nullCount === 0) return NO_NULLS
  const nullBitmap = new Uint8Array(bitmapBytes(length))
  let at = 0
  for (const column of columns) {
    const validity = validityOf(column)
    if (validity) copyBits(validity.bits, validity.offset, nullBitmap, at, column.length)
    else fillBits(nullBitmap, at, column.length)
    at += column.length
  }
  return { nullCount, nullBitmap }
}

/** The validity of the rows `indices` of a column; a negative index stands for null. */
export function takeValidity(column: Data, indices: Int32Array): NewValidity {
  const validity = validityOf(column)
  const nullBitmap = new Uint8Array(bitmapBytes(indices.length))
  let nullCount = 0
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!
    if (row < 0) {
      nullCount++
    } else if (validity === undefined) {
      setBit(nullBitmap, i)
    } else {
      const bit = validity.offset + row
      if ((validity.bits[bit >> 3]! & (1 << (bit & 7))) !== 0) setBit(nullBitmap, i)
      else nullCount++
    }
  }
  return nullCount === 0 ? NO_NULLS : { nullCount, nullBitmap }
}

/** The validity of values of which `isSet[i]` is zero where row `i` is null. */
export function validityFromFlags(isSet: ArrayLike<number>, length: number): NewValidity {
  let nullCount = 0
  const nullBitmap = new Uint8Array(bitmapBytes(length))
  for (let i = 0; i < length; i++) {
    if (isSet[i] !== 0) setBit(nullBitmap, i)
    else nullCount++
  }
  return nullCount === 0 ? NO_NULLS : { nullCount, nullBitmap }
}
