import type { RecordBatch } from 'apache-arrow'

import { planEncode, planSlices } from '../../codec/encode.js'
import type { EncodePlan } from '../../codec/encode_plan.js'
import { blockMsUntil } from '../../base/deadline.js'
import { BatchTooLargeError } from '../../base/errors.js'
import type { NativeBell } from '../../native/addon.js'
import type { RingPort } from './ring_port.js'
import type { Task } from '../waiting/wait_queue.js'

/**
 * One `write()`: the batches of what was given, each in one slot or, when larger than the ring, split by rows.
 * Parts are planned when their turn comes, and each is in the ring for readers before the next is begun.
 */
export class WriteTask implements Task<number | null> {
  readonly #port: RingPort
  readonly #batches: readonly RecordBatch[]
  #nextBatch = 0
  #parts: readonly EncodePlan[] = []
  #nextPart = 0
  #written = 0
  #last: number | null = null
  #dropped = false

  constructor(port: RingPort, batches: readonly RecordBatch[]) {
    this.#port = port
    this.#batches = batches
  }

  attempt(): number | null | undefined {
    return this.#advance(undefined)
  }

  /** Blocks the thread for each part until `deadline` (of `performance.now`). */
  attemptSync(deadline: number): number | null | undefined {
    return this.#advance(deadline)
  }

  /** How many slots are needed. Plans the first batch. */
  get single(): boolean {
    if (this.#batches.length > 1) return false
    this.#plan()
    return this.#parts.length === 1
  }

  arm(bell: NativeBell): boolean {
    return this.#port.arm(bell)
  }

  disarm(): void {
    this.#port.disarm()
  }

  describe(): string {
    const sofar = this.#written > 0 ? ` (its first ${this.#written} parts are written)` : ''
    return `write() to arena "${this.#port.name}"${sofar}`
  }

  #advance(deadline: number | undefined): number | null | undefined {
    while (this.#plan()) {
      const plan = this.#parts[this.#nextPart]!
      const blockMs = deadline === undefined ? undefined : blockMsUntil(deadline)
      const sequence = this.#port.place(plan, blockMs)
      if (sequence === undefined) return undefined
      this.#nextPart++
      if (sequence === null) this.#dropped = true
      else {
        this.#last = sequence
        this.#written++
      }
    }
    return this.#dropped ? null : this.#last
  }

  /** False when everything has been written. */
  #plan(): boolean {
    if (this.#nextPart < this.#parts.length) return true
    const batch = this.#batches[this.#nextBatch]
    if (batch === undefined) return false
    const whole = planEncode(batch)
    this.#parts = whole.byteLength <= this.#port.maxBytes ? [whole] : split(batch, this.#port.maxBytes)
    this.#nextPart = 0
    this.#nextBatch++
    return true
  }
}

/** Several parts fit the ring at once, so that reading one overlaps with writing the next; a huge row takes all of it. */
const PARTS_IN_RING = 4

function split(batch: RecordBatch, maxBytes: number): readonly EncodePlan[] {
  try {
    return planSlices(batch, Math.floor(maxBytes / PARTS_IN_RING))
  } catch (error) {
    if (!(error instanceof BatchTooLargeError)) throw error
    return planSlices(batch, maxBytes)
  }
}
