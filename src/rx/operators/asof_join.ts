import type { RecordBatch, TypeMap } from 'apache-arrow'
import {
  asyncScheduler,
  Observable,
  type OperatorFunction,
  type SchedulerLike,
  type Subscription,
} from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import { AsofJoin, type AsofJoined, type AsofOptions } from '../../frames/asof_join.js'
import type { ColumnName } from '../../frames/column_types.js'
import {
  validateDuration,
  validateInteger,
  validateNames,
  validateObject,
  validateObservable,
} from '../../base/validators.js'
import { AheadHolds, LeftQueue } from '../join_credit.js'
import { guard, relay } from '../relay.js'

export interface AsofJoinOptions<
  L extends TypeMap,
  R extends TypeMap,
  On extends ColumnName<L> & ColumnName<R>,
  K extends ColumnName<L> & ColumnName<R>,
  Suffix extends string,
  Time extends string,
> extends AsofOptions<L, R, On, K, Suffix, Time> {
  /** So many right rows may be kept before a right side that is ahead of the left is held back by its credit. Default 1000000. */
  readonly maxRightRows?: number
  /** Emit a left batch after so many milliseconds with what is known then. Default: wait for the right side as long as it takes. */
  readonly maxDelayMs?: number
  /** The clock of `maxDelayMs`. Default `asyncScheduler`. */
  readonly scheduler?: SchedulerLike
}

const DEFAULT_MAX_RIGHT_ROWS = 1_000_000

/**
 * As-of join with another Observable: beside each row, the last row of the other (right) side with the same key whose time is not after it,
 * by the times that the rows carry. Both sides must be sorted by time; else it fails with `ERR_QADS_OUT_OF_ORDER`.
 *
 * When: a left batch is emitted when the right side is past the time of its last row, or has completed. Then no right row to come could
 * match, and the result is the same however the two sides interleave: that of a join of the two as whole tables. One output to each
 * left batch, in order. `maxDelayMs` bounds the wait for a right side that falls silent; then the result depends on timing.
 *
 * Kept are, of the right side (copied), per key the last row up to where the left side is, and all after that; of the left side, the
 * batches that wait. Credit: a left batch that waits holds its own, so a right side that lags stops the left. A right side that is
 * ahead by more than `maxRightRows` is stopped until the left catches up. As only the one that is ahead is stopped, the two cannot
 * wait for each other, provided that they are two sources: two parts of one Observable with credit need a `maxInFlight` that bridges
 * the distance between them.
 *
 * Subscribes to the right side first. Completes when the left side has completed and all of it is emitted. An error of either
 * side is passed on at once, and what waits is dropped. Unsubscribing ends both.
 *
 * @example
 * trades.pipe(asofJoin(quotes, { on: 'time', by: ['sym'] })).subscribe((b) => console.log(batchToRows(b)))
 * // [{ time: 1700000000123, sym: 'AAA', price: 10, bid: 9.9, ask: 10.1 }, …]
 */
export function asofJoin<
  L extends TypeMap = AnySchema,
  R extends TypeMap = AnySchema,
  const On extends ColumnName<L> & ColumnName<R> = ColumnName<L> & ColumnName<R>,
  const K extends ColumnName<L> & ColumnName<R> = never,
  const Suffix extends string = '_right',
  const Time extends string = never,
>(
  right: Observable<RecordBatch<R>>,
  options: AsofJoinOptions<L, R, On, K, Suffix, Time>,
): OperatorFunction<RecordBatch<L>, RecordBatch<AsofJoined<L, R, On, K, Suffix, Time>>> {
  validateObservable(right, 'right')
  validateObject(options, 'options')
  validateNames([options.on], 'options.on')
  if (options.by !== undefined) validateNames(options.by, 'options.by')
  const { maxRightRows = DEFAULT_MAX_RIGHT_ROWS, maxDelayMs = Infinity, scheduler = asyncScheduler } = options
  validateInteger(maxRightRows, 'options.maxRightRows', 1, Number.MAX_SAFE_INTEGER)
  validateDuration(maxDelayMs, 'options.maxDelayMs')
  return (left) =>
    new Observable((subscriber) => {
      const join = new AsofJoin(options)
      const ahead = new AheadHolds('asofJoin')
      let timer: Subscription | undefined
      const waiting = new LeftQueue<RecordBatch<L>>('asofJoin', (batch) => subscriber.next(join.join(batch)))
      const settle = () => {
        while (!subscriber.closed && waiting.first !== undefined && join.isReady(waiting.first))
          waiting.emitFirst()
        ahead.releaseUpTo(join.latestLeft)
        if (waiting.isDone) subscriber.complete()
        else watch()
      }
      /** One timer, for the batch that has waited longest. */
      const watch = () => {
        if (maxDelayMs === Infinity || waiting.since === undefined) {
          timer?.unsubscribe()
          timer = undefined
          return
        }
        timer ??= scheduler.schedule(
          () => guard(subscriber, expire),
          Math.max(0, waiting.since + maxDelayMs - scheduler.now()),
        )
      }
      const expire = () => {
        timer = undefined
        while (
          !subscriber.closed &&
          waiting.since !== undefined &&
          waiting.since + maxDelayMs <= scheduler.now()
        )
          waiting.emitFirst()
        if (!subscriber.closed) settle()
      }
      relay(right, subscriber, {
        next(batch) {
          join.addRight(batch)
          if (join.bufferedRows > maxRightRows) ahead.hold(batch, join.latestRight)
          settle()
        },
        complete() {
          join.endRight()
          settle()
        },
        finalize: () => ahead.releaseAll(),
      })
      relay(left, subscriber, {
        next(batch) {
          join.seeLeft(batch)
          waiting.push(batch, scheduler.now())
          settle()
        },
        complete() {
          waiting.end()
          settle()
        },
        finalize() {
          timer?.unsubscribe()
          waiting.releaseAll()
        },
      })
    })
}
