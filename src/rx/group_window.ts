import { type RecordBatch, Schema, type TypeMap } from 'apache-arrow'
import { asyncScheduler, type Observable, type SchedulerLike, type Subscriber, type Subscription } from 'rxjs'
import { fieldOf, makeBatch } from '../frames/batch.js'
import type { ColumnName } from '../frames/column_types.js'
import { sliceRows } from '../frames/slice.js'
import { type RawTime, type TimeWindow, TimeWindows } from '../frames/time_windows.js'
import { InvalidArgumentError } from '../base/errors.js'
import { show, validateDuration, validateInteger, validateObject } from '../base/validators.js'
import { guard } from './relay.js'

/**
 * Which rows are aggregated together:
 * - `{ rows }`: exactly so many (batches are cut), `{ batches }`: those of so many batches
 * - `{ ms }`: those that came within so many milliseconds from the first
 * - `{ column, every }`: those whose time lies in one window of that length. The start of the window becomes a column of that name.
 * - `{ until }`: those that came before each value of an Observable
 */
export type GroupWindow<T extends TypeMap> =
  | { readonly rows: number }
  | { readonly batches: number }
  | { readonly ms: number; readonly scheduler?: SchedulerLike }
  | { readonly until: Observable<unknown> }
  | TimeWindow<ColumnName<T>>

/** What a window does with the aggregation that it delimits. */
export interface Aggregation {
  readonly rows: number
  add(rows: RecordBatch): void
  /** Emits the aggregates, after `finish`, and starts anew. */
  close(finish?: (aggregates: RecordBatch) => RecordBatch): void
}

/** Cuts a stream into windows. */
export interface Windowing {
  next(batch: RecordBatch): void
  /** The stream is over, and with it the window that is open. */
  end(): void
}

/** A window whose end depends on something else than the batches, so that its output has no batch that completed it. */
export function isTimed(window: GroupWindow<TypeMap> | undefined): boolean {
  return window !== undefined && ('ms' in window || 'until' in window)
}

/** Throws `ERR_QADS_INVALID_ARGUMENT` for anything that is no window. */
export function checkWindow(window: GroupWindow<TypeMap> | undefined): void {
  if (window === undefined) return
  validateObject(window, 'options.window')
  if ('rows' in window) validateInteger(window.rows, 'options.window.rows', 1, Number.MAX_SAFE_INTEGER)
  else if ('batches' in window)
    validateInteger(window.batches, 'options.window.batches', 1, Number.MAX_SAFE_INTEGER)
  else if ('ms' in window) validateDuration(window.ms, 'options.window.ms')
  else if ('column' in window) new TimeWindows(window)
  else if (!('until' in window)) {
    throw new InvalidArgumentError(
      `options.window must have one of rows, batches, ms, until, or column and every, got ${show(window)}`,
    )
  }
}

export function windowing(
  window: GroupWindow<TypeMap> | undefined,
  aggregation: Aggregation,
  subscriber: Subscriber<unknown>,
): Windowing {
  if (window === undefined) return { next: (batch) => aggregation.add(batch), end: () => aggregation.close() }
  if ('rows' in window) return byRows(window.rows, aggregation, subscriber)
  if ('batches' in window) return byBatches(window.batches, aggregation)
  if ('ms' in window) return byClock(window.ms, window.scheduler ?? asyncScheduler, aggregation, subscriber)
  if ('column' in window) return byTime(window, aggregation, subscriber)
  subscriber.add(
    window.until.subscribe({
      next: () => guard(subscriber, () => aggregation.close()),
      error: (error: unknown) => subscriber.error(error),
    }),
  )
  return { next: (batch) => aggregation.add(batch), end: () => aggregation.close() }
}

function byRows(rows: number, aggregation: Aggregation, subscriber: Subscriber<unknown>): Windowing {
  return {
    next(batch) {
      for (let begin = 0; begin < batch.numRows && !subscriber.closed;) {
        const end = Math.min(batch.numRows, begin + rows - aggregation.rows)
        aggregation.add(sliceRows(batch, begin, end))
        begin = end
        if (aggregation.rows === rows) aggregation.close()
      }
    },
    end: () => aggregation.close(),
  }
}

function byBatches(batches: number, aggregation: Aggregation): Windowing {
  let added = 0
  return {
    next(batch) {
      aggregation.add(batch)
      if (++added < batches) return
      added = 0
      aggregation.close()
    },
    end: () => aggregation.close(),
  }
}

function byClock(
  ms: number,
  scheduler: SchedulerLike,
  aggregation: Aggregation,
  subscriber: Subscriber<unknown>,
): Windowing {
  let timer: Subscription | undefined
  const close = () => {
    timer?.unsubscribe()
    timer = undefined
    aggregation.close()
  }
  subscriber.add(() => timer?.unsubscribe())
  return {
    next(batch) {
      aggregation.add(batch)
      timer ??= scheduler.schedule(() => guard(subscriber, close), ms)
    },
    end: close,
  }
}

function byTime(window: TimeWindow, aggregation: Aggregation, subscriber: Subscriber<unknown>): Windowing {
  const windows = new TimeWindows(window)
  let open: { start: RawTime; schema: Schema } | undefined
  const close = () => {
    if (open === undefined) return
    const { start, schema } = open
    open = undefined
    aggregation.close((aggregates) => {
      const field = fieldOf(schema, window.column).clone({ nullable: false })
      const column = windows.startColumn(start, aggregates.numRows)
      return makeBatch(
        new Schema([field, ...aggregates.schema.fields]),
        [column, ...aggregates.data.children],
        aggregates.numRows,
      )
    })
  }
  return {
    next(batch) {
      for (const { start, rows } of windows.split(batch)) {
        if (open?.start !== start) close()
        if (subscriber.closed) return
        open = { start, schema: batch.schema }
        aggregation.add(rows)
      }
    },
    end: close,
  }
}
