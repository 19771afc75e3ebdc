const BITS_IN_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0
  for (let rest = byte; rest !== 0; rest &= rest - 1) bits++
  return bits
})

export function bitmapBytes(bits: number): number {
  return Math.ceil(bits / 8)
}

/** Counts the set bits of `bitmap[from, from + count)`. Bits past the end of the bitmap count as unset. */
export function countSetBits(bitmap: Uint8Array, from: number, count: number): number {
  const end = Math.min(from + count, bitmap.length * 8)
  let set = 0
  let bit = from
  for (; bit < end && bit % 8 !== 0; bit++) set += (bitmap[Math.floor(bit / 8)]! >> (bit % 8)) & 1
  const lastByte = Math.floor(end / 8)
  let byte = Math.floor(bit / 8)
  if (bit < end) {
    for (; byte < lastByte; byte++) set += BITS_IN_BYTE[bitmap[byte]!]!
    const rest = end % 8
    if (rest !== 0) set += BITS_IN_BYTE[bitmap[lastByte]! & ((1 << rest) - 1)]!
  }
  return set
}

/**
 * Copies the bits `source[from, from + count)` to the bytes at `position`, starting at bit 0. The last byte's spare
 * bits are cleared, and bits past the end of the source are written as unset.
 */
export function copyBits(
  target: Uint8Array,
  position: number,
  source: Uint8Array,
  from: number,
  count: number,
): void {
  const bytes = bitmapBytes(count)
  if (bytes === 0) return
  const first = Math.floor(from / 8)
  const shift = from % 8
  const available = Math.max(0, Math.min(bytes, source.length - first))
  if (shift === 0) copyBytes(target, position, source, first, available)
  else shiftBytes(target, position, source, first, available, shift)
  if (available < bytes) target.fill(0, position + available, position + bytes)
  const rest = count % 8
  if (rest !== 0) target[position + bytes - 1]! &= (1 << rest) - 1
}

/** Below this a loop is cheaper than a `subarray` and a `set`. */
const LOOP_BYTES = 48

function copyBytes(target: Uint8Array, position: number, source: Uint8Array, from: number, count: number) {
  if (from === 0 && count === source.length) target.set(source, position)
  else if (count > LOOP_BYTES) target.set(source.subarray(from, from + count), position)
  else for (let i = 0; i < count; i++) target[position + i] = source[from + i]!
}

function shiftBytes(
  target: Uint8Array,
  position: number,
  source: Uint8Array,
  from: number,
  count: number,
  shift: number,
) {
  const left = 8 - shift
  const whole = Math.min(count, source.length - from - 1)
  for (let i = 0; i < whole; i++)
    target[position + i] = (source[from + i]! >> shift) | (source[from + i + 1]! << left)
  if (whole < count) target[position + whole] = source[from + whole]! >> shift
}
