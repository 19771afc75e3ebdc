import type { RecordBatch } from 'apache-arrow'
import { interval, type MonoTypeOperatorFunction, Observable, type SchedulerLike, tap } from 'rxjs'
import { validateDuration } from '../base/validators.js'
import { relay } from './relay.js'

/** Counts batches, and reports what it counted since the last report. */
export interface Meter<B extends RecordBatch> {
  add(batch: B): void
  report(): void
}

/** Passes batches on, counts them, and has the meter report at every interval and at the end. */
export function metering<B extends RecordBatch>(
  start: () => Meter<B>,
  everyMs: number,
  scheduler: SchedulerLike,
): MonoTypeOperatorFunction<B> {
  validateDuration(everyMs, 'options.everyMs')
  return (source) =>
    new Observable((subscriber) => {
      const meter = start()
      relay(source, subscriber, {
        next(batch) {
          meter.add(batch)
          subscriber.next(batch)
        },
        error(error) {
          meter.report()
          subscriber.error(error)
        },
        complete() {
          meter.report()
          subscriber.complete()
        },
      })
      subscriber.add(
        interval(everyMs, scheduler)
          .pipe(tap(() => meter.report()))
          .subscribe({ error: (error: unknown) => subscriber.error(error) }),
      )
    })
}
