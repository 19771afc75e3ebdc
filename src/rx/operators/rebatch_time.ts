import type { RecordBatch, TypeMap } from 'apache-arrow'
import {
  asyncScheduler,
  type MonoTypeOperatorFunction,
  Observable,
  type SchedulerLike,
  type Subscription,
} from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import { Rebatcher } from '../../frames/rebatch.js'
import { validateDuration, validateInteger, validateObject } from '../../base/validators.js'
import { CreditGate } from '../credit_gate.js'
import { guard, relay } from '../relay.js'

/** When a joined batch is given out. */
export interface RebatchTimeOptions {
  /** Emit earlier, when so many rows have gathered. Default: no limit. */
  maxRows?: number
  /** The clock. Default `asyncScheduler`. */
  scheduler?: SchedulerLike
}

/**
 * Joins the batches of `ms` milliseconds into one. The time runs from the first row that waits, so no row waits longer, and
 * nothing is emitted while nothing comes. Rows are copied as they come. While an output is unfinished downstream, the credit
 * of what comes in is held. A batch with other columns ends the one that is being filled.
 *
 * On completion the rest is emitted at once. An error is passed on at once, and the rows that wait are dropped.
 *
 * @example
 * // a batch of 100 rows every 10 ms
 * source.pipe(rebatchTime(1000)).subscribe((b) => console.log(b.numRows))
 * // 10000 (once a second)
 */
export function rebatchTime<T extends TypeMap = AnySchema>(
  ms: number,
  options: RebatchTimeOptions = {},
): MonoTypeOperatorFunction<RecordBatch<T>> {
  validateDuration(ms, 'ms')
  validateObject(options, 'options')
  const { maxRows, scheduler = asyncScheduler } = options
  if (maxRows !== undefined) validateInteger(maxRows, 'options.maxRows', 1, Number.MAX_SAFE_INTEGER)
  return (source) =>
    new Observable((subscriber) => {
      const gate = new CreditGate('rebatchTime')
      const rebatcher = new Rebatcher<T>(maxRows === undefined ? {} : { rows: maxRows })
      let timer: Subscription | undefined
      const emit = (outputs: Iterable<RecordBatch<T>>) => {
        for (const output of outputs) {
          // The rows behind an output that is full came just now: their time begins anew.
          timer?.unsubscribe()
          timer = undefined
          gate.emit(subscriber, output)
          if (subscriber.closed) return
        }
      }
      relay(source, subscriber, {
        next(batch) {
          gate.admit(batch)
          emit(rebatcher.add(batch))
          if (rebatcher.pendingRows > 0)
            timer ??= scheduler.schedule(() => guard(subscriber, () => emit(rebatcher.flush())), ms)
        },
        complete() {
          emit(rebatcher.flush())
          subscriber.complete()
        },
        finalize() {
          timer?.unsubscribe()
          gate.releaseAll()
        },
      })
    })
}
