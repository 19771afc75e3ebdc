import type { Vector } from 'apache-arrow'

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

export type OffsetsArray = Int32Array | BigInt64Array

/**
 * What the codec reads of an apache-arrow `Data`, by shape and not by class, so that batches made by another copy of
 * apache-arrow in the same process (CommonJS beside ESM) encode too.
 *
 * In a sliced Data `values`, `valueOffsets`, `typeIds` and the children of fixed-size layouts start at the slice;
 * `offset` applies to bitmaps only: `nullBitmap`, and `values` of Bool.
 */
export interface ColumnData {
  readonly length: number
  readonly offset: number
  /** Counted on first use and kept; apache-arrow gives a negative number if there is no bitmap to count. */
  readonly nullCount: number
  readonly nullBitmap?: Uint8Array | null
  readonly values?: TypedArray | null
  readonly valueOffsets?: OffsetsArray | null
  readonly typeIds?: Int8Array | null
  readonly variadicBuffers?: readonly Uint8Array[]
  readonly children: readonly (ColumnData | undefined)[]
  readonly dictionary?: Vector
  _changeLengthAndBackfillNullBitmap(length: number): ColumnData
}
