import type { Data, DataType } from 'apache-arrow'

/** Builds up one aggregate for any number of keys. */
export interface Accumulator {
  /** The type of the column that `finish` gives. */
  readonly type: DataType
  /**
   * Takes the rows of a column. `keys[i]` is the key of row `i`, from 0 to `keyCount`; it is negative for a row to leave out, as rows
   * with a null are.
   */
  add(column: Data, keys: Int32Array, keyCount: number): void
  /** The aggregate of each key, in order. */
  finish(keyCount: number): Data
}
