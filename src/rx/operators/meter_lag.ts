import type { RecordBatch } from 'apache-arrow'
import { asyncScheduler, type MonoTypeOperatorFunction } from 'rxjs'
import { type CommittedBatch, LagCounter, type LagStatistics } from '../../frames/statistics.js'
import { batchInfo } from '../../core/reading/lease.js'
import { validateFunction, validateObject } from '../../base/validators.js'
import { metering } from '../metering.js'
import type { MeterOptions } from './meter_throughput.js'

/** How the age of batches is measured. */
export interface MeterLagOptions<B extends RecordBatch = RecordBatch> extends MeterOptions {
  /** What is known of a batch; undefined leaves it out. Default `batchInfo`, which knows batches as they came from an arena. */
  infoOf?: (batch: B) => CommittedBatch | undefined
  /** The clock that the age of batches is measured by, in milliseconds since the epoch. Default: the system's. */
  now?: () => number
}

/**
 * Passes batches on unchanged, and reports how old they were when they came: milliseconds from the writer's commit, with the
 * batches that were lost. Put it first in the chain, since a slice or selection of a batch is not known as one of an arena.
 *
 * Intervals run from the subscription, also while nothing comes; what is left is reported on completion or error, before it is
 * passed on. What `report` throws is emitted as the error.
 *
 * @example
 * fromArena('ticks').pipe(meterLag((lag) => console.log(`${lag.meanMs} ms, ${lag.lost} lost`))).subscribe()
 * // 0.03 ms, 0 lost (once a second)
 */
export function meterLag<B extends RecordBatch>(
  report: (statistics: LagStatistics) => void,
  options: MeterLagOptions<B> = {},
): MonoTypeOperatorFunction<B> {
  validateFunction(report, 'report')
  validateObject(options, 'options')
  const { everyMs = 1000, scheduler = asyncScheduler, infoOf = batchInfo, now } = options
  validateFunction(infoOf, 'options.infoOf')
  if (now !== undefined) validateFunction(now, 'options.now')
  return metering(
    () => {
      const counter = new LagCounter(now)
      return {
        add(batch) {
          const info = infoOf(batch)
          if (info !== undefined) counter.add(info)
        },
        report: () => report(counter.take()),
      }
    },
    everyMs,
    scheduler,
  )
}
