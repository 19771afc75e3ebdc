import { NO_ROW, type RowStore } from './row_store.js'
import type { RawTime } from './time_windows.js'

/** Below this the entries passed by are not worth sweeping. */
const FIRST_SWEEP = 1024

interface Entries {
  times: RawTime[]
  ids: number[]
  /** The first entry that may still match. */
  head: number
}

/**
 * The rows of the right side of an as-of join, by key and in order of time, as ids of a store. What can no longer match is
 * forgotten: per key, all but the last row up to the time to which the left side has been joined.
 */
export class AsofHistory {
  private readonly byKey = new Map<number, Entries>()
  private live = 0
  private sweepAt = FIRST_SWEEP

  constructor(
    private readonly store: RowStore,
    /** Whether a row of the very time of a left row matches it. */
    private readonly exact: boolean,
  ) {}

  /** Rows that may still match. */
  get size(): number {
    return this.live
  }

  /** Adds a row, which must not be earlier than the ones before it. */
  add(key: number, time: RawTime, id: number): void {
    let entries = this.byKey.get(key)
    if (entries === undefined) {
      entries = { times: [], ids: [], head: 0 }
      this.byKey.set(key, entries)
    }
    entries.times.push(time)
    entries.ids.push(id)
    this.live++
  }

  /** The last row of the key up to `time` and no more than `tolerance` before it. Times must not go back from call to call. */
  match(key: number, time: RawTime, tolerance: RawTime | undefined): number {
    const entries = this.byKey.get(key)
    if (entries === undefined) return NO_ROW
    this.advance(entries, time)
    const found = entries.times[entries.head]
    if (found === undefined || !this.precedes(found, time)) return NO_ROW
    // Both times are of one column type, so both are bigint or both are numbers.
    if (tolerance !== undefined && (time as number) - (found as number) > tolerance) return NO_ROW
    return entries.ids[entries.head]!
  }

  /** Forgets what rows of the left side from `time` on cannot match. Does nothing unless enough has gathered to be worth it. */
  forget(time: RawTime): void {
    if (this.live >= this.sweepAt) {
      for (const entries of this.byKey.values()) this.advance(entries, time)
      this.sweepAt = Math.max(FIRST_SWEEP, 2 * this.live)
    }
    if (this.store.isSparse(this.live)) this.compact()
  }

  private precedes(right: RawTime, left: RawTime): boolean {
    return this.exact ? right <= left : right < left
  }

  private advance(entries: Entries, time: RawTime): void {
    const { times } = entries
    while (entries.head + 1 < times.length && this.precedes(times[entries.head + 1]!, time)) {
      entries.head++
      this.live--
    }
    // Dropping the passed half only now and then keeps the cost of each entry constant.
    if (entries.head > 16 && entries.head * 2 > times.length) {
      entries.times = times.slice(entries.head)
      entries.ids = entries.ids.slice(entries.head)
      entries.head = 0
    }
  }

  private compact(): void {
    const ids = new Float64Array(this.live)
    let at = 0
    for (const entries of this.byKey.values())
      for (let i = entries.head; i < entries.ids.length; i++) ids[at++] = entries.ids[i]!
    let id = this.store.compact(ids)
    for (const entries of this.byKey.values()) {
      entries.times = entries.times.slice(entries.head)
      entries.ids = entries.times.map(() => id++)
      entries.head = 0
    }
  }
}
