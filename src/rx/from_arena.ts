import type { TypeMap } from 'apache-arrow'
import type { Observable } from 'rxjs'
import type { AnySchema } from '../base/any_schema.js'
import { createReader } from '../core/arena.js'
import type { ArenaBatch } from '../core/reading/batch_receiver.js'
import { InvalidArgumentError } from '../base/errors.js'
import { release } from '../core/reading/lease.js'
import type { ReaderOptions } from '../core/options.js'
import { ArenaReader } from '../core/reading/reader.js'
import { validateFunction, validateName, validateObject, validateOneOf } from '../base/validators.js'
import { taken } from '../streams/options.js'
import { type BatchSource, type CreditOptions, fromPull, type PullOptions } from './from_pull.js'
import { type Departure, ReconnectingReader } from './reconnecting_reader.js'

/**
 * Options of an Observable over an arena. Those of the reader cannot be given together with one.
 *
 * `lease: 'scoped'` releases each batch when it is finished: when `next` returns, or when the last operator that holds its
 * credit is done with it.
 */
export interface FromArenaOptions extends ReaderOptions, CreditOptions {
  /**
   * Wait for the next writer of the name instead of failing: when there is none yet, and when the writer died or aborted. With `always`
   * also when it ended, so that the Observable never completes. Default false.
   */
  reconnect?: boolean | 'always'
  /** Told why a writer is left (null: it ended), before the wait for the next one. */
  onReconnect?: (why: Departure) => void
}

/**
 * The batches of an arena. Cold: each subscription has a reader of its own, and gets every batch. A batch is taken from the ring only
 * while fewer than `maxInFlight` earlier ones are unfinished (see `Credit`), so a slow chain slows the writer in the other
 * process, and memory stays flat.
 *
 * Completes when the writer ended and all was read; fails with `WriterDiedError` or `WriterAbortedError` after all that was written
 * before, unless `reconnect` is set. Unsubscribing ends a wait at once and frees the reader. Batches stay valid for as long as the
 * program refers to them, after the end and after unsubscription, unless `lease` is `scoped`.
 *
 * Subscribing again (`retry`, `repeat`) makes a new reader, which starts where `from` says: with `earliest` it sees again
 * what is still in the ring.
 *
 * Given a reader, the Observable owns it and can be subscribed to once.
 *
 * @example
 * fromArena('ticks')
 *   .pipe(rebatchTime(1000), concatMapBatch((batch) => save(batch)))
 *   .subscribe({ error: console.error })
 */
export function fromArena<T extends TypeMap = AnySchema>(
  source: string | ArenaReader<T>,
  options: FromArenaOptions = {},
): Observable<ArenaBatch<T>> {
  validateObject(options, 'options')
  const {
    maxInFlight,
    creditWarningMs,
    signal,
    reconnect = false,
    onReconnect,
    lease,
    ...readerOptions
  } = options
  if (reconnect !== true && reconnect !== false) validateOneOf(reconnect, 'options.reconnect', ['always'])
  if (onReconnect !== undefined) validateFunction(onReconnect, 'options.onReconnect')
  // Several batches may be in flight, so the scope is that of the credit and not that of the reader.
  const scoped = lease === 'scoped'
  if (lease !== undefined && !scoped) Object.assign(readerOptions, { lease })
  const pullOptions: PullOptions<ArenaBatch<T>> = {
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
    ...(creditWarningMs === undefined ? {} : { creditWarningMs }),
    ...(scoped ? { onFinished: (batch) => void release(batch) } : {}),
    signal,
  }
  return fromPull(opener(source, readerOptions, reconnect, onReconnect), pullOptions)
}

function opener<T extends TypeMap>(
  source: string | ArenaReader<T>,
  options: ReaderOptions,
  reconnect: boolean | 'always',
  onReconnect: ((why: Departure) => void) | undefined,
): () => BatchSource<ArenaBatch<T>> {
  if (!(source instanceof ArenaReader)) {
    validateName(source)
    if (reconnect === false) return () => createReader<T>(source, options)
    return () => new ReconnectingReader<T>(source, options, reconnect === 'always', onReconnect)
  }
  if (reconnect !== false) {
    throw new InvalidArgumentError(
      'options.reconnect needs the name of an arena: a reader is of one writer only',
    )
  }
  if (source.lease === 'scoped') {
    throw new InvalidArgumentError(
      "several batches may be in flight, so the reader cannot have lease: 'scoped'; give that option to fromArena",
    )
  }
  const reader = taken(source, options)
  return () => reader
}
