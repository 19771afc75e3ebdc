import type { RecordBatch, TypeMap } from 'apache-arrow'

import type { AnySchema } from '../../base/any_schema.js'
import { BatchReceiver, type ArenaBatch } from './batch_receiver.js'
import { type BlockLimits, deadlineAfter, timeoutOf, waitInSlices } from '../../base/deadline.js'
import { enterDoorbell, leaveDoorbell } from '../waiting/doorbell.js'
import { ClosedError, fromNative, InvalidArgumentError, TimedOutError } from '../../base/errors.js'
import { batchInfo, release, type BatchInfo } from './lease.js'
import { addon } from '../../native/load_addon.js'
import type { NativeBell, NativeReader, NativeReaderStats } from '../../native/addon.js'
import { readerOptions, VERIFY, type CheckedReaderOptions } from '../options.js'
import type { LeasePolicy, ReaderOptions, Verify } from '../options.js'
import type { WaitOptions } from '../../base/wait_options.js'
import { PendingArena } from './pending_arena.js'
import { ReaderIterator, type IterateOptions } from './iterator.js'
import { sleepSync } from '../waiting/sleep_sync.js'
import { validateName } from '../../base/validators.js'
import { WaitQueue, type Task } from '../waiting/wait_queue.js'

/** Counters of one reader since it attached. `waits` and times are of its own waits. */
export interface ReaderStats extends NativeReaderStats {
  /** Batches that are published and not read yet. */
  lag: number
}

const NOTHING_READ: ReaderStats = Object.freeze({
  batches: 0,
  bytes: 0,
  bytesCopied: 0,
  lost: 0,
  waits: 0,
  evacuations: 0,
  privateBytes: 0,
  leases: 0,
  cursor: 0,
  lag: 0,
})

/**
 * Reads the batches of one arena, in order. Every reader gets every batch; make one for each consumer.
 *
 * A batch is a view of shared memory that lives as long as the program refers to it. Close the reader when done: one that
 * is attached and does not read holds the writer back.
 */
export class ArenaReader<T extends TypeMap = AnySchema>
  implements AsyncIterable<ArenaBatch<T>>, AsyncDisposable, Disposable
{
  readonly name: string
  readonly #options: CheckedReaderOptions
  readonly #pending: PendingArena
  readonly #queue = new WaitQueue()
  #native: NativeReader | undefined
  #receiver: BatchReceiver<T> | undefined
  #lastScoped: ArenaBatch<T> | undefined
  #closed = false
  #lastStats = NOTHING_READ

  readonly #attaching: Task<true> = {
    attempt: () => (this.#attach() ? true : undefined),
    arm: (bell) => this.#arm(bell),
    disarm: () => this.#disarm(),
    describe: () => `waiting for arena "${this.name}" to be created`,
  }

  readonly #reading: Task<ArenaBatch<T> | null> = {
    attempt: () => this.#next(),
    arm: (bell) => this.#arm(bell),
    disarm: () => this.#disarm(),
    describe: () => (this.attached ? `read() of arena "${this.name}"` : this.#attaching.describe()),
  }

  /** See `createReader`. */
  constructor(name: string, options?: ReaderOptions) {
    validateName(name)
    this.name = name
    this.#options = readerOptions(options)
    this.#pending = new PendingArena(name, this.#options)
    this.#attach()
    enterDoorbell(this)
  }

  /** False while the arena does not exist yet (`waitMs`). */
  get attached(): boolean {
    return this.#native !== undefined
  }

  get closed(): boolean {
    return this.#closed
  }

  get lease(): LeasePolicy {
    return this.#options.lease
  }

  /** What is verified of each batch. Where the option was left out, undefined until attached. */
  get verify(): Verify | undefined {
    return this.#native === undefined ? this.#options.verify : VERIFY[this.#native.verifies - 1]
  }

  /** Every writer that is created under the name begins a new generation of the arena. 0 until attached. */
  get generation(): number {
    return this.#native?.generation ?? 0
  }

  /** Batches that are published and not read yet. */
  get lag(): number {
    return this.#native === undefined || this.#closed ? 0 : this.#native.lag()
  }

  /**
   * Waits until the arena exists and this reader is attached. `read` waits too; this is for those who must know when.
   * @throws NotFoundError when `waitMs` passed first.
   */
  async ready(limits?: WaitOptions): Promise<void> {
    this.#checkOpen('ready')
    await this.#queue.run(this.#attaching, limits)
  }

  /**
   * The next batch, or null when the writer ended the arena and all was read. Concurrent calls are served in order.
   * A read that is cancelled or times out takes no batch.
   *
   * @throws TimedOutError, AbortedError (`AbortError`)
   * @throws WriterDiedError, WriterAbortedError after everything that was committed before has been delivered
   * @throws CorruptError for a slot that fails verification; the next read goes on behind it
   * @throws NotFoundError when the arena did not appear within `waitMs`
   */
  read(limits?: WaitOptions): Promise<ArenaBatch<T> | null> {
    try {
      this.#checkOpen('read')
    } catch (error) {
      return Promise.reject(error)
    }
    this.#releaseScoped()
    return this.#queue.run(this.#reading, limits)
  }

  /** The next batch, null at the end, or undefined when nothing is ready. Throws what `read` rejects with. */
  tryRead(): ArenaBatch<T> | null | undefined {
    this.#checkOpen('tryRead')
    if (this.#queue.size > 0) return undefined
    this.#releaseScoped()
    try {
      return this.#next()
    } catch (error) {
      throw fromNative(error)
    }
  }

  /**
   * Like `read`, but blocks the thread: nothing else runs meanwhile, signal handlers included. For scripts and workers.
   */
  readSync(limits?: BlockLimits): ArenaBatch<T> | null {
    const timeoutMs = timeoutOf(limits)
    this.#checkOpen('readSync')
    if (this.#queue.size > 0) {
      throw new InvalidArgumentError(
        `readSync() of arena "${this.name}" while ${this.#queue.size} read() calls wait: await them first`,
      )
    }
    this.#releaseScoped()
    const deadline = deadlineAfter(timeoutMs)
    try {
      while (!this.#attach() && performance.now() < deadline) sleepSync(this.#pending.pollMs)
      const { spinMicros } = this.#options.native
      const batch = waitInSlices(deadline, spinMicros, (blockMs) => this.#next(blockMs))
      if (batch !== undefined) return batch
    } catch (error) {
      throw fromNative(error)
    }
    throw new TimedOutError(`${this.#reading.describe()} timed out after ${timeoutMs} ms`)
  }

  /**
   * Gives a batch back now instead of when it is garbage-collected; it throws `ReleasedError` on use from here on.
   * @returns False when there was nothing to give back.
   */
  release(batch: RecordBatch): boolean {
    return release(batch)
  }

  /** Where `batch` came from; undefined for one that was not read from an arena itself. */
  batchInfo(batch: RecordBatch): BatchInfo | undefined {
    return batchInfo(batch)
  }

  /** Every batch until the end; `break` closes the reader. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ArenaBatch<T>> {
    return this.batches()
  }

  /** Every batch until the end, for `for await`. */
  batches(options?: IterateOptions): AsyncIterableIterator<ArenaBatch<T>> {
    return new ReaderIterator(this, options)
  }

  /** After `close`, the counters as they were then. */
  stats(): ReaderStats {
    const native = this.#native
    if (native === undefined || this.#closed) return { ...this.#lastStats }
    return { ...native.stats(), lag: native.lag() }
  }

  /** Detaches, and fails pending reads with `ClosedError`. Batches stay valid. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#lastStats = this.stats()
    this.#closed = true
    this.#queue.fail(() => this.#closedError('read'))
    this.#releaseScoped()
    this.#native?.close()
    leaveDoorbell(this)
  }

  /** Closes. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  #attach(): boolean {
    if (this.#native !== undefined) return true
    this.#native = this.#pending.attempt()
    if (this.#native === undefined) return false
    this.#receiver = new BatchReceiver(this.#native, this.#options.lease)
    return true
  }

  #next(blockMs?: number): ArenaBatch<T> | null | undefined {
    if (this.#receiver === undefined && !this.#attach()) return undefined
    const batch = this.#receiver!.next(blockMs)
    if (batch === undefined || batch === null) return batch
    if (this.#options.lease === 'scoped') {
      // Of reads that waited together, the first one's batch has not been given back yet.
      this.#releaseScoped()
      this.#lastScoped = batch
    }
    if (this.#options.onLoss !== undefined) this.#reportLoss(batch)
    return batch
  }

  #reportLoss(batch: ArenaBatch<T>): void {
    const lost = batchInfo(batch)?.lost
    if (!lost) return
    try {
      this.#options.onLoss!(lost)
    } catch (error) {
      // The batch is still delivered; a listener's mistake surfaces as one thrown by an event listener does.
      process.nextTick(() => {
        throw error
      })
    }
  }

  #arm(bell: NativeBell): boolean {
    if (this.#native !== undefined) return addon().armBatch(this.#native.number, bell.number)
    this.#pending.arm(() => this.#queue.poke())
    return true
  }

  #disarm(): void {
    this.#pending.disarm()
    if (this.#native !== undefined) addon().disarmReader(this.#native.number)
  }

  #releaseScoped(): void {
    if (this.#lastScoped === undefined) return
    release(this.#lastScoped)
    this.#lastScoped = undefined
  }

  #checkOpen(call: string): void {
    if (this.#closed) throw this.#closedError(call)
  }

  #closedError(call: string): ClosedError {
    return new ClosedError(`${call}() of arena "${this.name}": the reader is closed`)
  }
}
