import type { TypeMap } from 'apache-arrow'

import type { TypedArray } from '../../codec/column_data.js'
import type { EncodePlan } from '../../codec/encode_plan.js'
import type { LoanPlan } from '../../codec/loan.js'
import { deadlineAfter, waitInSlices } from '../../base/deadline.js'
import { addon } from '../../native/load_addon.js'
import { Loan } from './loan.js'
import { Claimed, type NativeBell, type NativeWriter } from '../../native/addon.js'
import { RingWindows } from './ring_windows.js'

/**
 * The one place where bytes go into the ring: by copying a planned batch, or by lending the space. The ring takes one claim
 * at a time, so while a loan is open everything else finds no space.
 */
export class RingPort {
  readonly name: string
  /** The largest slot that fits. */
  readonly maxBytes: number
  readonly #calls = addon()
  readonly #native: NativeWriter
  readonly #number: number
  readonly #ring: RingWindows
  readonly #spinMicros: number
  readonly #onSettled: () => void
  /** The large arrays of the batch that is being placed, each after its offset: all are copied by one call. */
  readonly #large: (number | TypedArray)[] = []
  #loan: Loan | undefined
  #bytesCopied = 0

  /**
   * @param spinMicros How long a wait that blocks spins before it sleeps.
   * @param onSettled Called when a loan was committed or aborted: there is space again.
   */
  constructor(native: NativeWriter, spinMicros: number, onSettled: () => void) {
    this.name = native.name
    this.#native = native
    this.#number = native.number
    const large = this.#large
    this.#ring = new RingWindows(native, (position, source) => void large.push(position, source))
    this.maxBytes = this.#ring.maxBytes
    this.#spinMicros = spinMicros
    this.#onSettled = onSettled
  }

  get bytesCopied(): number {
    return this.#bytesCopied
  }

  get lending(): boolean {
    return this.#loan !== undefined
  }

  /**
   * Copies one batch into the ring: its sequence, null when it was dropped, undefined when there is no space now.
   * @param blockMs Blocks the thread this long for space; negative: for ever; undefined: never.
   */
  place(plan: EncodePlan, blockMs?: number): number | null | undefined {
    const offset = this.#claim(plan.byteLength, blockMs)
    if (offset === Claimed.WouldBlock) return undefined
    if (offset === Claimed.Dropped) return null
    try {
      const views = this.#ring.at(offset, plan.byteLength)
      plan.writeTo(views, offset - this.#ring.start)
      if (this.#large.length > 0) this.#copyLarge()
      const sequence = this.#calls.commit(this.#number, plan.byteLength, plan.rows)
      this.#bytesCopied += plan.byteLength
      return sequence
    } catch (error) {
      this.#large.length = 0
      this.#native.abortClaim()
      throw error
    }
  }

  /** Lends space for a batch; undefined when there is none now. Blocks as `place` does. */
  lend<T extends TypeMap>(plan: LoanPlan<T>, blockMs?: number): Loan<T> | undefined {
    const offset = this.#claim(plan.byteLength, blockMs)
    if (offset === Claimed.WouldBlock) return undefined
    if (offset === Claimed.Dropped) {
      return new Loan(plan, new Uint8Array(plan.byteLength), 0, {
        arena: this.name,
        commit: () => null,
        abort: () => undefined,
      })
    }
    try {
      const { u8 } = this.#ring.at(offset, plan.byteLength)
      const loan = new Loan(plan, u8, offset - this.#ring.start, {
        arena: this.name,
        commit: (bytes, rows) => this.#settle(() => this.#calls.commit(this.#number, bytes, rows)),
        abort: () => this.#settle(() => this.#native.abortClaim()),
      })
      this.#loan = loan
      return loan
    } catch (error) {
      this.#native.abortClaim()
      throw error
    }
  }

  /** An open loan is settled in this process, so it rings no bell: `onSettled` tells. */
  arm(bell: NativeBell): boolean {
    return this.#loan !== undefined || this.#calls.armSpace(this.#number, bell.number)
  }

  disarm(): void {
    this.#calls.disarmWriter(this.#number)
  }

  abortLoan(): void {
    this.#loan?.abort()
  }

  #claim(bytes: number, blockMs: number | undefined): number {
    if (this.#loan !== undefined) return Claimed.WouldBlock
    return blockMs === undefined
      ? this.#calls.tryClaim(this.#number, bytes)
      : this.#claimSync(bytes, blockMs < 0 ? Infinity : deadlineAfter(blockMs))
  }

  #claimSync(bytes: number, deadline: number): number {
    const claimed = waitInSlices(deadline, this.#spinMicros, (blockMs) => {
      const offset = this.#calls.claimSync(this.#number, bytes, blockMs)
      return offset === Claimed.WouldBlock ? undefined : offset
    })
    return claimed ?? Claimed.WouldBlock
  }

  #copyLarge(): void {
    this.#calls.copy(this.#number, ...this.#large)
    this.#large.length = 0
  }

  #settle<R>(settle: () => R): R {
    this.#loan = undefined
    try {
      return settle()
    } catch (error) {
      this.#native.abortClaim()
      throw error
    } finally {
      this.#onSettled()
    }
  }
}
