import type { TypeMap } from 'apache-arrow'
import { Observable, type OperatorFunction, type Subscriber } from 'rxjs'
import type { AnySchema } from '../base/any_schema.js'
import { createWriter } from '../core/arena.js'
import type { WriterOptions } from '../core/options.js'
import { validateBoolean, validateMethod, validateObject, validateOneOf } from '../base/validators.js'
import type { Writable } from '../core/writing/write_source.js'
import { taken } from '../streams/options.js'
import { type Credit, creditOf } from './credit.js'

/** What `toArena` needs of a writer. */
export interface BatchSink<T extends TypeMap = AnySchema> {
  /** Resolves with the sequence when the data is in the ring, or null when it was dropped. Served in order. */
  write(data: Writable<T>, limits: { signal: AbortSignal }): Promise<number | null>
  /** Marks the clean end and closes. */
  finish(options: { waitForReader: boolean; signal: AbortSignal }): Promise<void>
  /** Fails the readers with this reason, and closes. */
  abort(reason: unknown): void
}

/** Options of `toArena`. Those of the writer cannot be given together with one. */
export interface ToArenaOptions extends WriterOptions {
  /**
   * When the source completed before any reader attached to a `block` arena, wait for the first one before closing, because what is
   * unread would vanish. Default true.
   */
  waitForReader?: boolean
  /** What becomes of the arena when the source fails: readers fail with the error (`abort`, the default) or see a clean end. */
  onError?: 'abort' | 'end'
  /** What becomes of it when the subscription ends before the source. Default `abort`. */
  onUnsubscribe?: 'abort' | 'end'
  /** Whether the end of the source ends the arena. False leaves a writer that was given open, whatever happens. Default true. */
  end?: boolean
}

/**
 * Writes what comes in (record batches, tables, polars DataFrames) into an arena, and emits the sequence of each when it is in the ring,
 * or null when the arena dropped it. A name is created on subscription; a writer is taken over.
 *
 * Back-pressure: the credit of a batch is held until it is in the ring, so a full ring stops a source that is an arena too. Other
 * sources are not stopped: what they emit meanwhile is queued without bound.
 *
 * Completes when the source completed, everything is written and the arena is ended. An error of the source, or of a write, is
 * passed on at once: writes that wait are given up, and readers in other processes fail with its message after what is in the ring.
 * Unsubscribing gives up writes that wait and aborts the arena.
 *
 * @example
 * fromArena('ticks').pipe(filterRows(['price'], (price) => price! > 0), toArena('clean', { sizeMb: 16 })).subscribe()
 * // 0, 1, 2, …
 */
export function toArena<T extends TypeMap = AnySchema>(
  target: string | BatchSink<T>,
  options: ToArenaOptions = {},
): OperatorFunction<Writable<T>, number | null> {
  validateObject(options, 'options')
  const {
    waitForReader = true,
    onError = 'abort',
    onUnsubscribe = 'abort',
    end = true,
    ...writerOptions
  } = options
  validateBoolean(waitForReader, 'options.waitForReader')
  validateBoolean(end, 'options.end')
  validateOneOf(onError, 'options.onError', ['abort', 'end'])
  validateOneOf(onUnsubscribe, 'options.onUnsubscribe', ['abort', 'end'])
  const open = opener(target, writerOptions)
  return (source) =>
    new Observable<number | null>((subscriber) => {
      const output = new ArenaOutput(open(), subscriber, { waitForReader, onError, onUnsubscribe, end })
      subscriber.add(() => output.tearDown())
      subscriber.add(
        source.subscribe({
          next: (data) => output.write(data),
          error: (error: unknown) => output.sourceFailed(error),
          complete: () => output.sourceCompleted(),
        }),
      )
    })
}

function opener<T extends TypeMap>(
  target: string | BatchSink<T>,
  options: WriterOptions,
): () => BatchSink<T> {
  if (typeof target === 'string') return () => createWriter<T>(target, options)
  validateObject(target, 'the arena')
  for (const method of ['write', 'finish', 'abort']) validateMethod(target, method, 'the arena')
  const writer = taken(target, options)
  return () => writer
}

type Policy = Required<Pick<ToArenaOptions, 'waitForReader' | 'onError' | 'onUnsubscribe' | 'end'>>

interface Waiting<T extends TypeMap> {
  readonly data: Writable<T>
  readonly credit: Credit | undefined
  readonly release: (() => void) | undefined
}

/** One subscription. Writes one after the other: behind one that fails, nothing may get into the ring. */
class ArenaOutput<T extends TypeMap> {
  private readonly stop = new AbortController()
  private readonly queue: Waiting<T>[] = []
  /** What to do when everything is written. */
  private whenWritten: (() => void) | undefined
  private settled = false

  constructor(
    private readonly sink: BatchSink<T>,
    private readonly subscriber: Subscriber<number | null>,
    private readonly policy: Policy,
  ) {}

  write(data: Writable<T>): void {
    if (this.settled) return
    const credit = creditOf(data)
    this.queue.push({ data, credit, release: credit?.hold('toArena') })
    if (this.queue.length === 1) this.writeFirst()
  }

  sourceCompleted(): void {
    this.afterWrites(() => this.finish(() => this.subscriber.complete()))
  }

  sourceFailed(error: unknown): void {
    if (this.policy.onError === 'abort') this.fail(error)
    else this.afterWrites(() => this.finish(() => this.subscriber.error(error)))
  }

  tearDown(): void {
    this.settle(this.policy.onUnsubscribe, 'the subscription ended before its source')
    this.stop.abort()
    for (const { release } of this.queue.splice(0)) release?.()
  }

  private writeFirst(): void {
    this.sink.write(this.queue[0]!.data, { signal: this.stop.signal }).then(
      (sequence) => this.written(sequence),
      (error: unknown) => this.fail(error),
    )
  }

  private written(sequence: number | null): void {
    const written = this.queue.shift()
    // A write that was done when the subscription ended is in the ring all the same.
    if (written === undefined) return
    const { credit, release } = written
    if (this.queue.length > 0) this.writeFirst()
    const emit = () => this.subscriber.next(sequence)
    if (credit === undefined) emit()
    else credit.run(emit)
    release?.()
    if (this.queue.length === 0) this.whenWritten?.()
  }

  private afterWrites(action: () => void): void {
    if (this.queue.length === 0) action()
    else this.whenWritten = action
  }

  private finish(done: () => void): void {
    if (this.settled) return
    if (!this.policy.end) {
      this.settled = true
      done()
      return
    }
    this.sink.finish({ waitForReader: this.policy.waitForReader, signal: this.stop.signal }).then(
      () => {
        this.settled = true
        done()
      },
      (error: unknown) => this.fail(error),
    )
  }

  private fail(error: unknown): void {
    this.settle('abort', error)
    this.subscriber.error(error)
  }

  private settle(how: 'abort' | 'end', reason: unknown): void {
    if (this.settled) return
    this.settled = true
    if (!this.policy.end) return
    if (how === 'abort') this.sink.abort(reason)
    else this.sink.finish({ waitForReader: false, signal: this.stop.signal }).catch(() => undefined)
  }
}
