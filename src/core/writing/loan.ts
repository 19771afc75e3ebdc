import type { TypeMap } from 'apache-arrow'

import type { AnySchema } from '../../base/any_schema.js'
import type { LoanColumns, LoanPlan, LoanValidity } from '../../codec/loan.js'
import { ClosedError, fromNative } from '../../base/errors.js'
import { validateInteger } from '../../base/validators.js'

/** Whose space it is. */
export interface Lender {
  readonly arena: string
  /** Publishes the first `bytes` of the claim: its sequence, or null when there was no room and the arena drops. */
  commit(bytes: number, rows: number): number | null
  abort(): void
}

/**
 * A batch that is made in place: typed arrays inside the ring, one a column, to be filled and committed. Nothing is copied.
 *
 * Until `commit` or `abort`, later writes wait. After it the arrays still lie over the ring, and belong to the readers:
 * do not touch them. `using` aborts a loan that was not committed.
 */
export class Loan<T extends TypeMap = AnySchema> implements Disposable {
  /** Rows that were asked for; `commit` may publish fewer. */
  readonly rows: number
  /** The arrays to fill. Their contents are undefined until then. */
  readonly columns: LoanColumns<T>
  readonly #plan: LoanPlan<T>
  readonly #target: Uint8Array
  #lender: Lender | undefined

  /** See `ArenaWriter.loan`. */
  constructor(plan: LoanPlan<T>, target: Uint8Array, offset: number, lender: Lender) {
    this.rows = plan.rows
    this.#plan = plan
    this.#target = target
    this.#lender = lender
    this.columns = plan.open(target, offset)
  }

  /**
   * The validity bits of the nullable columns, by name: clear bit `row % 8` of byte `row / 8` to make a row null. They start
   * as "nothing is null".
   */
  get validity(): LoanValidity<T> {
    return this.#plan.validity
  }

  /** True until `commit` or `abort`. */
  get open(): boolean {
    return this.#lender !== undefined
  }

  /**
   * Publishes the first `rows` rows.
   * @returns The sequence, or null when the ring was full and the arena drops the newest batch.
   * @throws ClosedError after `commit` or `abort`, or when the memory of a column was transferred to another ArrayBuffer
   */
  commit(rows: number = this.rows): number | null {
    if (this.#lender === undefined)
      throw new ClosedError('commit() of a loan that was committed or aborted before')
    validateInteger(rows, 'rows', 0, this.rows)
    const lender = this.#lender
    if (this.#target.length === 0) {
      this.abort()
      throw new ClosedError(
        `commit() of a loan of arena "${lender.arena}": the program has transferred its memory to another ArrayBuffer, so ` +
          'nothing is published; a copy of a column can be transferred',
      )
    }
    const bytes = this.#plan.finish(rows)
    this.#lender = undefined
    try {
      return lender.commit(bytes, rows)
    } catch (error) {
      throw fromNative(error)
    }
  }

  /** Gives the space back; nothing is published. Does nothing after `commit` or `abort`. */
  abort(): void {
    const lender = this.#lender
    this.#lender = undefined
    lender?.abort()
  }

  /** Gives the space back, unless the batch was committed. */
  [Symbol.dispose](): void {
    this.abort()
  }
}
