import { setImmediate as turn } from 'node:timers/promises'

import type { RecordBatch, Schema, TypeMap } from 'apache-arrow'

import type { AnySchema } from '../../base/any_schema.js'
import { planLoan, type LoanPlan } from '../../codec/loan.js'
import { type BlockLimits, blockMsUntil, deadlineAfter, timeoutOf } from '../../base/deadline.js'
import { enterDoorbell, leaveDoorbell } from '../waiting/doorbell.js'
import {
  ClosedError,
  fromNative,
  translated,
  InvalidArgumentError,
  TimedOutError,
} from '../../base/errors.js'
import { addon } from '../../native/load_addon.js'
import type { Loan } from './loan.js'
import type { NativeBell, NativeWriter, NativeWriterStats } from '../../native/addon.js'
import { writerOptions, type OnFull, type WriterOptions } from '../options.js'
import type { WaitOptions } from '../../base/wait_options.js'
import { isPolarsFrame } from '../polars/frames.js'
import { RingPort } from './ring_port.js'
import { validateName } from '../../base/validators.js'
import { WaitQueue, type Task } from '../waiting/wait_queue.js'
import { batchesOf, SchemaGuard, type Writable } from './write_source.js'
import { WriteTask } from './write_task.js'

/** Counters of one writer. */
export interface WriterStats extends NativeWriterStats {
  /** Bytes copied into the ring by writes. Batches made in a loan are not copied. */
  bytesCopied: number
}

export interface DrainOptions extends WaitOptions {
  /** Also wait for the first reader, when none ever attached. Default false. */
  needReader?: boolean
}

export interface FinishOptions extends WaitOptions {
  /**
   * In a `block` arena that no reader has ever attached to, wait for the first one if anything is unread, which would vanish
   * with the writer. Default true.
   */
  waitForReader?: boolean
}

/**
 * Writes record batches into an arena of its own: one writer an arena, any number of readers.
 *
 * Waiting calls are served in the order in which they are made. A batch is in the ring when the promise resolves, and may
 * be changed and reused from then on, not before.
 */
export class ArenaWriter<T extends TypeMap = AnySchema> implements AsyncDisposable, Disposable {
  readonly name: string
  readonly onFull: OnFull
  readonly #native: NativeWriter
  readonly #port: RingPort
  readonly #guard: SchemaGuard | undefined
  readonly #queue = new WaitQueue()
  /** Why nothing more is taken. */
  #refusal: string | undefined
  #closed = false
  #lastStats: WriterStats | undefined

  /** See `createWriter`. */
  constructor(name: string, options: WriterOptions = {}) {
    validateName(name)
    const checked = writerOptions(options)
    this.name = name
    this.onFull = options.onFull ?? 'block'
    this.#guard = options.schema && new SchemaGuard(options.schema, name)
    try {
      this.#native = addon().createWriter(name, checked)
    } catch (error) {
      throw fromNative(error)
    }
    this.#port = new RingPort(this.#native, checked.spinMicros, () => this.#queue.poke())
    enterDoorbell(this)
  }

  /** Bytes of the data ring. */
  get capacity(): number {
    return this.#native.capacity
  }

  /** Every writer that is created under the name begins a new generation of the arena. */
  get generation(): number {
    return this.#native.generation
  }

  get closed(): boolean {
    return this.#closed
  }

  /**
   * Writes a batch, or each batch of a table; one that is larger than the ring is split by rows. Under `block` it waits
   * for space.
   *
   * @returns The sequence of the last batch written, or null when the arena's policy dropped one (`drop-newest`).
   * @throws TimedOutError, AbortedError (`AbortError`): a batch is written wholly or not at all, but parts of a table or
   *   of a split batch that came before are in the ring; the message says how many.
   * @throws FullError (policy `error`), BatchTooLargeError (one row is larger than the ring), SchemaMismatchError
   * @throws ClosedError after `end`, `abort` or `close`
   */
  write(data: Writable<T>, limits?: WaitOptions): Promise<number | null> {
    try {
      this.#checkOpen('write')
      const written = this.#queue.run(new WriteTask(this.#port, this.#batches(data)), limits)
      return isPolarsFrame(data) ? afterTurn(written) : written
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Writes one batch if that needs no waiting.
   * @returns True when it is in the ring; false when there is no space now, earlier writes still wait, or it was dropped
   *   (`drop-newest`).
   * @throws InvalidArgumentError for a table of several batches or a batch that would have to be split: use `write`
   */
  tryWrite(data: Writable<T>): boolean {
    this.#checkOpen('tryWrite')
    const task = new WriteTask(this.#port, this.#batches(data))
    if (!task.single) {
      throw new InvalidArgumentError(
        `tryWrite() to arena "${this.name}" writes one batch that fits the ring, and this takes several: use write()`,
      )
    }
    if (this.#queue.size > 0) return false
    const sequence = translated(() => task.attempt())
    return sequence !== undefined && sequence !== null
  }

  /** Like `write`, but blocks the thread while it waits; nothing else runs meanwhile. For scripts and workers. */
  writeSync(data: Writable<T>, limits?: BlockLimits): number | null {
    const timeoutMs = timeoutOf(limits)
    this.#checkOpen('writeSync')
    this.#checkIdle('writeSync')
    const task = new WriteTask(this.#port, this.#batches(data))
    const sequence = translated(() => task.attemptSync(deadlineAfter(timeoutMs)))
    if (sequence !== undefined) return sequence
    throw new TimedOutError(`${task.describe()} timed out after ${timeoutMs} ms`)
  }

  /**
   * Space in the ring for a batch of `rows` rows, as typed arrays to fill in place. Waits like `write`. Under
   * `drop-newest` a loan that finds the ring full is of private memory, and its `commit` returns null.
   */
  loan<S extends TypeMap = T>(schema: Schema<S>, rows: number, limits?: WaitOptions): Promise<Loan<S>> {
    try {
      this.#checkOpen('loan')
      const plan = this.#plan(schema, rows)
      const task: Task<Loan<S>> = {
        attempt: () => this.#port.lend(plan),
        arm: (bell) => this.#port.arm(bell),
        disarm: () => this.#port.disarm(),
        describe: () => `loan() of arena "${this.name}"`,
      }
      return this.#queue.run(task, limits)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Like `loan`; undefined when there is no space now or earlier calls still wait. */
  tryLoan<S extends TypeMap = T>(schema: Schema<S>, rows: number): Loan<S> | undefined {
    this.#checkOpen('tryLoan')
    const plan = this.#plan(schema, rows)
    if (this.#queue.size > 0) return undefined
    return translated(() => this.#port.lend(plan))
  }

  /** Like `loan`, but blocks the thread while it waits. */
  loanSync<S extends TypeMap = T>(schema: Schema<S>, rows: number, limits?: BlockLimits): Loan<S> {
    const timeoutMs = timeoutOf(limits)
    this.#checkOpen('loanSync')
    this.#checkIdle('loanSync')
    const plan = this.#plan(schema, rows)
    const loan = translated(() => this.#port.lend(plan, blockMsUntil(deadlineAfter(timeoutMs))))
    if (loan === undefined)
      throw new TimedOutError(`loanSync() of arena "${this.name}" timed out after ${timeoutMs} ms`)
    return loan
  }

  /**
   * Waits until every reader has read everything that was written before this call, then resolves. Later writes wait
   * behind it. Without readers it resolves at once, unless `needReader` asks for one.
   */
  async drained({ needReader = false, ...limits }: DrainOptions = {}): Promise<void> {
    if (this.#closed) throw this.#closedError('drained')
    await this.#queue.run(
      this.#until((bell) => this.#native.armDrained(bell.number, needReader), 'drained()'),
      limits,
    )
  }

  /**
   * Marks the clean end, behind the writes that still wait: readers get what is in the ring, then the end. The arena stays
   * until `close`. With nothing waiting it takes effect before this returns. Idempotent.
   */
  async end(limits?: WaitOptions): Promise<void> {
    if (this.#closed) return
    this.#refusal ??= 'the arena was ended'
    const end = this.#behindAll(() => this.#native.end(), 'end()')
    await this.#queue.run(end, limits)
  }

  /**
   * Gives up: readers get what is in the ring, then fail with `WriterAbortedError` and this reason. Calls that wait fail
   * with `ClosedError`. Detaches, like `close`.
   */
  abort(reason: unknown = 'aborted without a reason'): void {
    if (this.#closed) return
    this.#refusal = 'the arena was aborted'
    this.#queue.fail(() => this.#closedError('write'))
    this.#port.abortLoan()
    this.#native.abort(reasonOf(reason))
    this.close()
  }

  /**
   * Ends cleanly and detaches: waits for pending writes, marks the end, and under `block` waits for a first reader if none
   * ever came and something is unread (`waitForReader`), so that a short-lived program does not vanish with its data. It does
   * not wait for readers to read everything: those that are attached still get what is in the ring. Under the other policies it waits for nobody.
   * @throws TimedOutError: no reader came; the arena is ended, and not closed.
   */
  async finish({ waitForReader = true, ...limits }: FinishOptions = {}): Promise<void> {
    if (this.#closed) return
    await this.end(limits)
    if (waitForReader && this.onFull === 'block') await this.#firstReader(limits)
    this.#native.acceptLoss()
    this.close()
  }

  /**
   * Detaches at once; ends the arena if it is open. Readers that are attached still get what is in the ring; without any,
   * the arena is gone, which a warning on standard error tells under `block` if anything was unread. Calls that wait fail
   * with `ClosedError`. Idempotent.
   */
  close(): void {
    this.#detach(() => this.#native.close())
  }

  /**
   * Closes at once; aborts the arena unless it was ended, so that readers do not take what a scope wrote that an error left for
   * all there is.
   */
  [Symbol.dispose](): void {
    this.#detach(() => this.#native.drop())
  }

  /**
   * Waits for pending writes and closes; aborts the arena unless it was ended, as above. So call `finish()` at the end of the
   * scope, which also waits for a first reader.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#refusal ??= 'the writer is closed'
    await this.#queue.run(this.#behindAll(() => undefined, 'closing'))
    this[Symbol.dispose]()
  }

  #detach(native: () => void): void {
    if (this.#closed) return
    this.#refusal ??= 'the writer is closed'
    this.#queue.fail(() => this.#closedError('write'))
    this.#port.abortLoan()
    this.#lastStats = this.stats()
    this.#closed = true
    native()
    leaveDoorbell(this)
  }

  /** After `close`, the counters as they were then. */
  stats(): WriterStats {
    if (this.#lastStats !== undefined) return { ...this.#lastStats }
    return { ...this.#native.stats(), bytesCopied: this.#port.bytesCopied }
  }

  #batches(data: Writable<T>): readonly RecordBatch[] {
    const batches = batchesOf(data)
    if (this.#guard !== undefined) for (const batch of batches) this.#guard.check(batch.schema)
    return batches
  }

  #plan<S extends TypeMap>(schema: Schema<S>, rows: number): LoanPlan<S> {
    this.#guard?.check(schema)
    return planLoan(schema, rows)
  }

  async #firstReader(limits: WaitOptions): Promise<void> {
    const { joins, unread } = this.#native.stats()
    if (joins > 0 || unread === 0) return
    await this.#queue.run(
      this.#until((bell) => this.#native.armReader(bell.number), 'waiting for the first reader'),
      limits,
    )
  }

  /** Acts when no write and no loan is left. */
  #behindAll(act: () => void, what: string): Task<true> {
    return {
      attempt: () => {
        if (this.#port.lending) return undefined
        act()
        return true
      },
      // Reached behind an open loan only, whose end pokes the queue.
      arm: () => true,
      disarm: () => undefined,
      describe: () => `${what} of arena "${this.name}"`,
    }
  }

  /** Waits for a condition of which only the native side knows: `arm` is false once it holds. */
  #until(arm: (bell: NativeBell) => boolean, what: string): Task<true> {
    let holds = false
    return {
      attempt: () => (holds ? true : undefined),
      arm: (bell) => {
        holds = !arm(bell)
        return !holds
      },
      disarm: () => addon().disarmWriter(this.#native.number),
      describe: () => `${what} of arena "${this.name}"`,
    }
  }

  #checkOpen(call: string): void {
    if (this.#refusal !== undefined) throw this.#closedError(call)
  }

  #checkIdle(call: string): void {
    const waiting = this.#queue.size
    if (waiting === 0 && !this.#port.lending) return
    const why = waiting > 0 ? `${waiting} calls wait` : 'a loan is open'
    throw new InvalidArgumentError(`${call}() of arena "${this.name}" would block for ever while ${why}`)
  }

  #closedError(call: string): ClosedError {
    return new ClosedError(`${call}() of arena "${this.name}": ${this.#refusal}`)
  }
}

/** Polars frees frames in finalizers, which only run when the event loop turns. */
async function afterTurn<R>(promise: Promise<R>): Promise<R> {
  const result = await promise
  await turn()
  return result
}

/** An AbortError only says that something was aborted; its cause says why. */
function reasonOf(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason)
  const why = reason.cause instanceof Error ? `: ${reason.cause.message}` : ''
  return reason.message + why
}
