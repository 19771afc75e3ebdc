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

/** A slot that lies whole in a buffer: what a Uint8Array says, for a fraction of what one costs to make. */
export class SlotRange {
  constructor(
    readonly buffer: ArrayBuffer,
    readonly byteOffset: number,
    readonly length: number,
  ) {}
}

/** Bytes of a slot for decoding. */
export type SlotBytes = SlotRange | Uint8Array | SlotParts

export function wholeSlot(slot: SlotBytes): Uint8Array {
  if (slot instanceof SlotRange) return new Uint8Array(slot.buffer, slot.byteOffset, slot.length)
  return slot instanceof Uint8Array ? slot : slot.all()
}

export function slotPart(slot: SlotBytes, offset: number, length: number): Uint8Array {
  return slot instanceof SlotRange || slot instanceof Uint8Array
    ? new Uint8Array(slot.buffer, slot.byteOffset + offset, length)
    : slot.part(offset, length)
}
