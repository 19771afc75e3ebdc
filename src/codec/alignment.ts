/** Messages, bodies and buffers of a slot start on multiples of this, counted from the slot's start. */
export const ALIGNMENT = 64

/** `n` rounded up to a multiple of 64, exact for any safe integer (a 32-bit mask would wrap at 2 GiB). */
export function align64(n: number): number {
  const rest = n & 63
  return rest === 0 ? n : n + 64 - rest
}
