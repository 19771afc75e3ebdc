import { type RecordBatch, type TypeMap } from 'apache-arrow'
import { type AggregateSpec, type Reduced } from './aggregate.js'
import { GroupAggregator } from './group_aggregator.js'
import { batchToRows } from './rows.js'

/**
 * Aggregates of all the rows of a batch, as plain values: bigint for sums of integers, null where a column has no values.
 *
 * @example reduceColumns(batch, { rows: count(), volume: sum('size'), high: max('price') }) // { rows: 3, volume: 60n, high: 10.5 }
 */
export function reduceColumns<T extends TypeMap, const S extends AggregateSpec<T>>(
  batch: RecordBatch<T>,
  aggregates: S,
): Reduced<T, S> {
  const aggregator = new GroupAggregator<T, never, S>({ by: [], aggregates })
  aggregator.add(batch)
  return batchToRows(aggregator.finish()!)[0] as Reduced<T, S>
}
