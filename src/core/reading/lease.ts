import type { RecordBatch } from 'apache-arrow'

import { arenaBatchPrototype, keeperOf } from '../../codec/arena_record_batch.js'
import { type SlotRange, wholeSlot } from '../../codec/slot_parts.js'
import { ReleasedError } from '../../base/errors.js'
import { LeasedSlot } from './leased_slot.js'
import { Info } from '../../native/addon.js'
import type { Loss } from '../options.js'
import type { Unreleased } from './unreleased.js'

/** Where a batch came from. */
export interface BatchInfo {
  /** Name of the arena. */
  readonly arena: string
  /** Number of the batch: the writer's first is 0. A number that is skipped was lost, or abandoned by its writer. */
  readonly sequence: number
  readonly rows: number
  /** Length of the slot, an Arrow IPC file: metadata, dictionaries, buffers and padding. */
  readonly bytes: number
  /** When the writer committed it, in milliseconds since the epoch (fractions are kept). */
  readonly commitTime: number
  /** What this reader lost just before this batch, or null. */
  readonly lost: Loss | null
  /** True when the batch is read in place, false when its bytes were copied out of the ring. */
  readonly leased: boolean
}

/** A batch that can be made to throw on use. */
interface Invalidable {
  invalidate(error: () => Error): void
}

/** A reader's right to look at the bytes of one batch. Copied batches have one too, with nothing to give back. */
export class Lease {
  readonly arena: string
  readonly sequence: number
  readonly #rows: number
  readonly #length: number
  readonly #commitTime: number
  readonly #lostFirst: number
  readonly #lostCount: number
  readonly #slot: LeasedSlot | SlotRange
  readonly #unreleased: Unreleased
  #info: BatchInfo | undefined
  #released = false

  /**
   * @param info What the native reader says of the batch; borrowed.
   * @param slot The ring's memory, to be given back, or a private copy.
   * @param unreleased Is told when it is.
   */
  constructor(arena: string, info: Float64Array, slot: LeasedSlot | SlotRange, unreleased: Unreleased) {
    this.arena = arena
    this.sequence = info[Info.Sequence]!
    this.#rows = info[Info.Rows]!
    this.#length = info[Info.Length]!
    this.#commitTime = info[Info.CommitTimeMs]!
    this.#lostFirst = info[Info.LostFirst]!
    this.#lostCount = info[Info.LostCount]!
    this.#slot = slot
    this.#unreleased = unreleased
  }

  get info(): BatchInfo {
    return (this.#info ??= {
      arena: this.arena,
      sequence: this.sequence,
      rows: this.#rows,
      bytes: this.#length,
      commitTime: this.#commitTime,
      lost: this.lost,
      leased: this.#slot instanceof LeasedSlot,
    })
  }

  get lost(): Loss | null {
    return this.#lostCount === 0 ? null : { first: this.#lostFirst, count: this.#lostCount }
  }

  /** The slot. */
  get bytes(): Uint8Array {
    return wholeSlot(this.#slot)
  }

  get released(): boolean {
    return this.#released
  }

  release(batch: Invalidable): boolean {
    if (this.#released) return false
    this.#released = true
    batch.invalidate(() => releasedError(this))
    // Its buffers are detached before the range is given back, so that no view ever shows another batch's bytes.
    if (this.#slot instanceof LeasedSlot) {
      this.#slot.release()
      this.#unreleased.released()
    }
    return true
  }
}

function releasedError({ arena, sequence }: Lease): ReleasedError {
  return new ReleasedError(
    `batch ${sequence} of arena "${arena}" was released, its memory may hold another batch by now: use it before its ` +
      'release, or keep a copy',
  )
}

/** For `using`. The class of batches is the codec's, which knows nothing of leases. */
Object.defineProperty(arenaBatchPrototype, Symbol.dispose, {
  value: function (this: RecordBatch): void {
    release(this)
  },
  configurable: true,
  writable: true,
})

function leaseOf(batch: RecordBatch): Lease | undefined {
  return keeperOf(batch) as Lease | undefined
}

/**
 * Where `batch` came from; undefined for one that was not read from an arena itself (a slice or selection of one is a
 * new batch: ask for the info of the original). Works after release too.
 */
export function batchInfo(batch: RecordBatch): BatchInfo | undefined {
  return leaseOf(batch)?.info
}

/**
 * The bytes of the batch's slot, a complete Arrow IPC file, in place: they are valid as long as the batch is. Undefined for a
 * batch that was not read from an arena itself.
 * @throws ReleasedError
 */
export function slotBytes(batch: RecordBatch): Uint8Array | undefined {
  const lease = leaseOf(batch)
  if (lease?.released) throw releasedError(lease)
  return lease?.bytes
}

/**
 * Gives a batch back now instead of when it is garbage-collected: it throws `ReleasedError` on use from here on. Where it
 * was read in place its buffers are detached, for slices, vectors and typed arrays taken from it too.
 *
 * @returns False when there was nothing to give back: released before, or not read from an arena.
 */
export function release(batch: RecordBatch): boolean {
  return leaseOf(batch)?.release(batch as RecordBatch & Invalidable) ?? false
}
