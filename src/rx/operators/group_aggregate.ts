import type { RecordBatch, TypeMap } from 'apache-arrow'
import { Observable, type OperatorFunction } from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import { InvalidArgumentError } from '../../base/errors.js'
import type { Aggregated, AggregateSpec } from '../../frames/aggregate.js'
import type { ColumnName, Flat } from '../../frames/column_types.js'
import { GroupAggregator, type GroupBy } from '../../frames/group_aggregator.js'
import { validateAggregates, validateNames, validateObject } from '../../base/validators.js'
import { CreditGate } from '../credit_gate.js'
import { checkWindow, type GroupWindow, isTimed, windowing } from '../group_window.js'
import { relay } from '../relay.js'

export interface GroupAggregateOptions<
  T extends TypeMap,
  K extends ColumnName<T>,
  S extends AggregateSpec<T>,
  W extends GroupWindow<T> | undefined,
> extends GroupBy<T, K, S> {
  /** Default: the whole stream is one window. */
  readonly window?: W
}

/** The columns of a window: its start, if it is one of time, then the keys, then the aggregates. */
export type WindowAggregated<
  T extends TypeMap,
  K extends keyof T,
  S extends AggregateSpec<T>,
  W,
> = W extends {
  readonly column: infer C extends keyof T
}
  ? Flat<{ [P in C]: T[P] } & Aggregated<T, K, S>>
  : Aggregated<T, K, S>

/**
 * Aggregates by key over windows: for each window a batch with one row to each key, in order of appearance. Null is a key like others; with
 * no key columns all rows are one group. Windows without rows give nothing.
 *
 * Emits when a window is over (for a window of time: when a row of a later one comes), the last one on completion. An error is
 * passed on at once, and the open window is dropped. Nothing of a batch is held: memory grows with the number of keys in a
 * window. An output carries the credit of the batch that ended the window; while one that was ended by a clock or a notifier is
 * unfinished downstream, the credit of what comes in is held.
 *
 * @example
 * // bars of one second
 * trades.pipe(
 *   groupAggregate({
 *     by: ['sym'],
 *     window: { column: 'time', every: 1_000_000_000n },
 *     aggregates: { open: first('price'), high: max('price'), low: min('price'), close: last('price'), volume: sum('size') },
 *   }),
 * ).subscribe((bars) => console.log(batchToRows(bars)))
 * // [{ time: 1700000000000, sym: 'AAA', open: 10, high: 12, low: 9, close: 11, volume: 300n }, …]
 */
export function groupAggregate<
  T extends TypeMap = AnySchema,
  const K extends ColumnName<T> = ColumnName<T>,
  const S extends AggregateSpec<T> = AggregateSpec<T>,
  const W extends GroupWindow<T> | undefined = undefined,
>(
  options: GroupAggregateOptions<T, K, S, W>,
): OperatorFunction<RecordBatch<T>, RecordBatch<WindowAggregated<T, K, S, W>>> {
  validateObject(options, 'options')
  validateNames(options.by, 'options.by')
  validateAggregates(options.aggregates, 'options.aggregates')
  const { window } = options
  checkWindow(window)
  new GroupAggregator(options)
  if (window !== undefined && 'column' in window) {
    const { column } = window
    if (column in options.aggregates || (options.by as readonly string[]).includes(column)) {
      throw new InvalidArgumentError(
        `"${column}" is the column of the window starts; a key or an aggregate cannot have its name`,
      )
    }
  }
  return (source) =>
    new Observable((subscriber) => {
      const aggregator = new GroupAggregator(options)
      const gate = isTimed(window) ? new CreditGate('groupAggregate') : undefined
      const windows = windowing(
        window,
        {
          get rows() {
            return aggregator.rows
          },
          add: (rows) => aggregator.add(rows),
          close(finish) {
            const aggregates = aggregator.rows === 0 ? undefined : aggregator.finish()
            if (aggregates === undefined) return
            const output = (finish?.(aggregates) ?? aggregates) as RecordBatch<WindowAggregated<T, K, S, W>>
            if (gate === undefined) subscriber.next(output)
            else gate.emit(subscriber, output)
          },
        },
        subscriber,
      )
      relay(source, subscriber, {
        next(batch) {
          gate?.admit(batch)
          windows.next(batch)
        },
        complete() {
          windows.end()
          subscriber.complete()
        },
        finalize: () => gate?.releaseAll(),
      })
    })
}
