import type { RecordBatch, TypeMap } from 'apache-arrow'
import type { OperatorFunction } from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import type { AggregateSpec, Reduced } from '../../frames/aggregate.js'
import { reduceColumns as reduce } from '../../frames/reduce.js'
import { validateAggregates } from '../../base/validators.js'
import { mapBatch } from '../map_batch.js'

/**
 * Aggregates of each batch, as plain values: bigint for sums of integers, null where a column has no values. Synchronous: one output
 * to each input, nothing is buffered. For aggregates over several batches, or by key, see `groupAggregate`.
 *
 * @example
 * of(batch)
 *   .pipe(reduceColumns({ rows: count(), volume: sum('size'), high: max('price') }))
 *   .subscribe(console.log)
 * // { rows: 3, volume: 60n, high: 10.5 }
 */
export function reduceColumns<
  T extends TypeMap = AnySchema,
  const S extends AggregateSpec<T> = AggregateSpec<T>,
>(aggregates: S): OperatorFunction<RecordBatch<T>, Reduced<T, S>> {
  validateAggregates(aggregates, 'aggregates')
  return mapBatch((batch) => reduce(batch, aggregates))
}
