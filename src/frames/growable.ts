/** A copy of an array with room for at least `length` elements, twice as long as before, the new ones set to `fill`. */
export function growInt32(array: Int32Array, length: number, fill: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(Math.max(length, array.length * 2, 64)).fill(fill, array.length)
  grown.set(array)
  return grown
}

/** A copy of an array with room for at least `length` elements, twice as long as before, the new ones set to `fill`. */
export function growFloat64(array: Float64Array, length: number, fill = 0): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(Math.max(length, array.length * 2, 64)).fill(fill, array.length)
  grown.set(array)
  return grown
}
