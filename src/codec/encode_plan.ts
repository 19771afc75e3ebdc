import type { BufferViews } from './buffer_views.js'

/**
 * How one record batch becomes one slot: the exact size, known before the ring is asked for space, and the writing.
 * A plan refers to the batch's memory; the batch must not change between planning and writing.
 */
export interface EncodePlan {
  /** Bytes of the slot: a complete Arrow IPC file. */
  readonly byteLength: number
  readonly rows: number
  /**
   * Writes the slot: exactly `byteLength` bytes of `target` from `offset` on. The slot's address
   * (`target.byteOffset + offset`) is best a multiple of 64, so that every buffer of every column is aligned too. Where
   * many slots go into one buffer, its views save looking them up for each; `offset` is then a multiple of 8.
   */
  writeTo(target: Uint8Array | BufferViews, offset?: number): void
}
