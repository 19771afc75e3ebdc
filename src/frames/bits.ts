/** Reads bit `index` of a little-endian bitmap, the order in which Arrow keeps validity and booleans. */
export function getBit(bits: Uint8Array, index: number): boolean {
  return (bits[index >> 3]! & (1 << (index & 7))) !== 0
}

export function setBit(bits: Uint8Array, index: number): void {
  bits[index >> 3]! |= 1 << (index & 7)
}

/** Bytes of a bitmap for `length` bits, padded to the 8 bytes that Arrow asks for. */
export function bitmapBytes(length: number): number {
  return ((length + 63) >> 6) << 3
}

/** Sets the bits [from, from + length). */
export function fillBits(bits: Uint8Array, from: number, length: number): void {
  const end = from + length
  let bit = from
  while (bit < end && (bit & 7) !== 0) setBit(bits, bit++)
  const wholeBytes = (end - bit) >> 3
  bits.fill(0xff, bit >> 3, (bit >> 3) + wholeBytes)
  bit += wholeBytes << 3
  while (bit < end) setBit(bits, bit++)
}

/** Copies `length` bits into a range of `target` that is still zero. */
export function copyBits(
  source: Uint8Array,
  sourceBit: number,
  target: Uint8Array,
  targetBit: number,
  length: number,
): void {
  let done = 0
  while (done < length && ((targetBit + done) & 7) !== 0) {
    if (getBit(source, sourceBit + done)) setBit(target, targetBit + done)
    done++
  }
  // The target is on a byte from here on: move whole bytes, shifted when the source is not.
  const wholeBytes = (length - done) >> 3
  const from = (sourceBit + done) >> 3
  const to = (targetBit + done) >> 3
  const shift = (sourceBit + done) & 7
  if (shift === 0) {
    target.set(source.subarray(from, from + wholeBytes), to)
  } else {
    for (let i = 0; i < wholeBytes; i++) {
      target[to + i] = (source[from + i]! >> shift) | (source[from + i + 1]! << (8 - shift))
    }
  }
  done += wholeBytes << 3
  while (done < length) {
    if (getBit(source, sourceBit + done)) setBit(target, targetBit + done)
    done++
  }
}
