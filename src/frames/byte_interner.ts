const MIN_SLOTS = 64
/** As a signed 32-bit integer, which is what multiplying makes of it. */
const FNV_OFFSET = 0x811c9dc5 | 0

/**
 * Numbers distinct byte strings from 0 in order of appearance, without making a JavaScript string of each: an open-addressing hash
 * table with linear probing over the FNV-1a hash (Fowler, Noll and Vo). The bytes are copied on first sight.
 */
export class ByteInterner {
  private slots = new Int32Array(MIN_SLOTS).fill(-1)
  private hashes = new Int32Array(MIN_SLOTS)
  private readonly entries: Uint8Array[] = []

  get size(): number {
    return this.entries.length
  }

  /** The code of `bytes[begin, end)`. */
  intern(bytes: Uint8Array, begin: number, end: number): number {
    let hash = FNV_OFFSET
    for (let i = begin; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
    const mask = this.slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const code = this.slots[slot]!
      if (code < 0) return this.insert(slot, hash, bytes.slice(begin, end))
      if (this.hashes[code] === hash && equals(this.entries[code]!, bytes, begin, end)) return code
      slot = (slot + 1) & mask
    }
  }

  /** The distinct strings in the order of their codes. Not to be written to. */
  values(): readonly Uint8Array[] {
    return this.entries
  }

  private insert(slot: number, hash: number, entry: Uint8Array): number {
    const code = this.entries.length
    this.entries.push(entry)
    this.slots[slot] = code
    this.hashes[code] = hash
    if (this.entries.length * 2 > this.slots.length) this.grow()
    return code
  }

  private grow(): void {
    const mask = this.slots.length * 2 - 1
    this.slots = new Int32Array(mask + 1).fill(-1)
    const hashes = new Int32Array(mask + 1)
    hashes.set(this.hashes)
    this.hashes = hashes
    for (let code = 0; code < this.entries.length; code++) {
      const hash = hashes[code]!
      let slot = (hash ^ (hash >>> 15)) & mask
      while (this.slots[slot]! >= 0) slot = (slot + 1) & mask
      this.slots[slot] = code
    }
  }
}

function equals(entry: Uint8Array, bytes: Uint8Array, begin: number, end: number): boolean {
  if (entry.length !== end - begin) return false
  for (let i = 0; i < entry.length; i++) if (entry[i] !== bytes[begin + i]) return false
  return true
}
