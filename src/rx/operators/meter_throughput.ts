import type { RecordBatch } from 'apache-arrow'
import { asyncScheduler, type MonoTypeOperatorFunction, type SchedulerLike } from 'rxjs'
import { StreamCounter, type StreamStatistics } from '../../frames/statistics.js'
import { validateFunction, validateObject } from '../../base/validators.js'
import { metering } from '../metering.js'

/** When a meter reports. */
export interface MeterOptions {
  /** Milliseconds between reports. Default 1000. */
  everyMs?: number
  /** The clock. Default `asyncScheduler`. */
  scheduler?: SchedulerLike
}

/**
 * Passes batches on unchanged, and reports how many batches, rows and bytes passed in each interval. Intervals run from the subscription,
 * also while nothing comes; what is left is reported on completion or error, before it is passed on. What `report` throws is
 * emitted as the error.
 *
 * @example
 * source.pipe(meterThroughput((s) => console.log(`${s.rowsPerSecond} rows/s`))).subscribe()
 * // 10000 rows/s (once a second)
 */
export function meterThroughput<B extends RecordBatch>(
  report: (statistics: StreamStatistics) => void,
  options: MeterOptions = {},
): MonoTypeOperatorFunction<B> {
  validateFunction(report, 'report')
  validateObject(options, 'options')
  const { everyMs = 1000, scheduler = asyncScheduler } = options
  return metering(
    () => {
      const counter = new StreamCounter(() => scheduler.now())
      return { add: (batch) => counter.add(batch), report: () => report(counter.take()) }
    },
    everyMs,
    scheduler,
  )
}
