import { constants } from 'node:buffer'

import type { RecordBatch, TypeMap } from 'apache-arrow'

import type { AnySchema } from '../../base/any_schema.js'
import { DecodeCache, decodeSlot } from '../../codec/decode.js'
import type { SlotSource } from '../../codec/slot_messages.js'
import { SlotRange } from '../../codec/slot_parts.js'
import { LeasedSlot, tooLong } from './leased_slot.js'
import { Lease } from './lease.js'
import { addon } from '../../native/load_addon.js'
import { Acquired, Info, INFO_WORDS, type NativeReader, VERIFIES_VALUES } from '../../native/addon.js'
import type { LeasePolicy } from '../options.js'
import { Slab } from './slab.js'
import { Unreleased } from './unreleased.js'

/** A batch read from an arena. `using` releases it at the end of the scope. */
export type ArenaBatch<T extends TypeMap = AnySchema> = RecordBatch<T> & Disposable

const LAYOUT_WORDS = 512

/**
 * Node frees an ArrayBuffer over memory of others only when the event loop turns. A program that never lets it would
 * collect these: from here on, some 20 MB of them, batches are copied instead.
 */
const MOST_UNFINALIZED = 65_536

/** Turns slots into batches: owns the arrays through which the native reader reports, and the memory of small batches. */
export class BatchReceiver<T extends TypeMap = AnySchema> {
  readonly #calls = addon()
  readonly #native: NativeReader
  readonly #number: number
  readonly #policy: LeasePolicy
  readonly #cache = new DecodeCache()
  readonly #info = new Float64Array(INFO_WORDS)
  readonly #ids = { schemaId: 0, layoutId: 0 }
  readonly #unreleased: Unreleased
  readonly #slab = new Slab()
  /** Of slots that lie in the ring, or were copied out of it after they had been verified. */
  readonly #inRing: SlotSource
  /** Of slots that were copied first. */
  readonly #copiedFirst: SlotSource
  #layout = new Float64Array(LAYOUT_WORDS)

  constructor(native: NativeReader, policy: LeasePolicy) {
    this.#native = native
    this.#number = native.number
    this.#policy = policy
    this.#unreleased = new Unreleased(native)
    const checksValues = native.verifies === VERIFIES_VALUES
    this.#inRing = { messages: () => native.messages(), checksValues }
    this.#copiedFirst = { checksValues }
    this.#bind()
  }

  /**
   * The next batch, null at the end, undefined when nothing is ready.
   * @param blockMs Blocks the thread this long; negative: for ever; undefined: never.
   */
  next(blockMs?: number): ArenaBatch<T> | null | undefined {
    for (;;) {
      const outcome =
        blockMs === undefined
          ? this.#calls.tryAcquire(this.#number, this.#slab.buffer, this.#slab.used)
          : this.#calls.acquireSync(this.#number, this.#slab.buffer, this.#slab.used, blockMs)
      switch (outcome) {
        case Acquired.Empty:
          return undefined
        case Acquired.Wanted:
          this.#unreleased.wanted()
          return undefined
        case Acquired.Ended:
          return null
        case Acquired.Copied:
          return this.#copied()
        case Acquired.Leased:
          if (this.#policy === 'copy') return this.#copyLeased()
          if (this.#info[Info.HoldsWanted] !== 0) this.#unreleased.wanted()
          this.#unreleased.lease(this.#info[Info.Length]!)
          return this.#info[Info.Unfinalized]! > MOST_UNFINALIZED ? this.#copyLeased() : this.#leased()
        case Acquired.NeedSlab:
          this.#slab.renew(this.#info[Info.Needed]!)
          break
        case Acquired.NeedLayout:
          this.#layout = new Float64Array(Math.max(2 * this.#layout.length, this.#info[Info.Needed]!))
          this.#bind()
          break
      }
    }
  }

  #bind(): void {
    this.#native.bind(this.#info, this.#layout)
  }

  #copied(): ArenaBatch<T> {
    return this.#decode(this.#slab.take(this.#info[Info.Length]!), this.#copiedFirst)
  }

  #leased(): ArenaBatch<T> {
    const slot = new LeasedSlot(this.#native, this.#info[Info.LeaseId]!, this.#info[Info.Length]!)
    try {
      return this.#decode(slot, this.#inRing)
    } catch (error) {
      slot.release()
      throw error
    }
  }

  #copyLeased(): ArenaBatch<T> {
    const length = this.#info[Info.Length]!
    const id = this.#info[Info.LeaseId]!
    if (length > constants.MAX_LENGTH) {
      this.#native.release(id)
      throw tooLong(`a batch of arena "${this.#native.name}"`, length, constants.MAX_LENGTH)
    }
    const own = Buffer.allocUnsafeSlow(length)
    this.#native.copyLease(id, own)
    return this.#decode(new SlotRange(own.buffer, own.byteOffset, own.length), this.#inRing)
  }

  #decode(slot: LeasedSlot | SlotRange, source: SlotSource): ArenaBatch<T> {
    const info = this.#info
    const ids = this.#ids
    ids.schemaId = info[Info.SchemaId]!
    ids.layoutId = info[Info.LayoutId]!
    const lease = new Lease(this.#native.name, info, slot, this.#unreleased)
    const bytes = slot instanceof LeasedSlot ? (slot.whole ?? slot) : slot
    return decodeSlot(bytes, this.#layout, this.#cache, ids, lease, source) as unknown as ArenaBatch<T>
  }
}
