import type { RecordBatch } from 'apache-arrow'

import { ReleasedError } from './errors.js'
import type { LeasedSlot } from './leased_slot.js'
import type { Loss } from './options.js'
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
  #released = false

  /**
   * @param slot The ring's memory, to be given back, or a private copy.
   * @param unreleased Is told when it is.
   */
  constructor(
    readonly info: BatchInfo,
    private readonly slot: LeasedSlot | Uint8Array,
    private readonly unreleased: Unreleased,
  ) {}

  /** The slot. */
  get bytes(): Uint8Array {
    return this.slot instanceof Uint8Array ? this.slot : this.slot.all()
  }

  get released(): boolean {
    return this.#released
  }

  release(batch: Invalidable): boolean {
    if (this.#released) return false
    this.#released = true
    batch.invalidate(() => releasedError(this.info))
    // Its buffers are detached before the range is given back, so that no view ever shows another batch's bytes.
    if (!(this.slot instanceof Uint8Array)) {
      this.slot.release()
      this.unreleased.released()
    }
    return true
  }
}

function releasedError({ arena, sequence }: BatchInfo): ReleasedError {
  return new ReleasedError(
    `batch ${sequence} of arena "${arena}" was released, its memory may hold another batch by now: use it before its ` +
      'release, or keep a copy',
  )
}

/** A base class whose instance is the object that it is given. */
const Hold = function (batch: object) {
  return batch
} as unknown as new (batch: object) => object

/**
 * Puts the lease into a private field of the batch itself: invisible to equality and inspection, and several times
 * cheaper than an entry in a WeakMap.
 */
class Leased extends Hold {
  readonly #lease: Lease

  constructor(batch: object, lease: Lease) {
    super(batch)
    this.#lease = lease
  }

  static of(batch: object): Lease | undefined {
    return #lease in batch ? batch.#lease : undefined
  }
}

export function attachLease(batch: RecordBatch & Invalidable, lease: Lease): void {
  new Leased(batch, lease)
  makeDisposable(Object.getPrototypeOf(batch) as object)
}

/** For `using`. The class of batches is the codec's, which knows nothing of leases. */
function makeDisposable(type: object): void {
  if (Symbol.dispose in type) return
  const dispose = function (this: RecordBatch): void {
    release(this)
  }
  Object.defineProperty(type, Symbol.dispose, { value: dispose, configurable: true, writable: true })
}

/**
 * Where `batch` came from; undefined for one that was not read from an arena itself (a slice or selection of one is a
 * new batch: ask for the info of the original). Works after release too.
 */
export function batchInfo(batch: RecordBatch): BatchInfo | undefined {
  return Leased.of(batch)?.info
}

/**
 * The bytes of the batch's slot, a complete Arrow IPC file, in place: they are valid as long as the batch is. Undefined for a
 * batch that was not read from an arena itself.
 * @throws ReleasedError
 */
export function slotBytes(batch: RecordBatch): Uint8Array | undefined {
  const lease = Leased.of(batch)
  if (lease?.released) throw releasedError(lease.info)
  return lease?.bytes
}

/**
 * Gives a batch back now instead of when it is garbage-collected: it throws `ReleasedError` on use from here on. Where it
 * was read in place its buffers are detached, for slices, vectors and typed arrays taken from it too.
 *
 * @returns False when there was nothing to give back: released before, or not read from an arena.
 */
export function release(batch: RecordBatch): boolean {
  return Leased.of(batch)?.release(batch as RecordBatch & Invalidable) ?? false
}
