/**
 * The bytes of a slot that are shown part by part: V8 marks its whole heap when an ArrayBuffer is made that is larger than
 * what it lets pass (64 MiB), whoever owns the memory.
 */
export interface SlotParts {
  /** The whole slot. */
  all(): Uint8Array
  /** `length` bytes from `offset` on, lying in memory as they do in the slot. */
  part(offset: number, length: number): Uint8Array
}

/** Bytes of a slot for decoding. */
export type SlotBytes = Uint8Array | SlotParts

export function wholeSlot(slot: SlotBytes): Uint8Array {
  return slot instanceof Uint8Array ? slot : slot.all()
}

export function slotPart(slot: SlotBytes, offset: number, length: number): Uint8Array {
  return slot instanceof Uint8Array
    ? new Uint8Array(slot.buffer, slot.byteOffset + offset, length)
    : slot.part(offset, length)
}
