import { map, type OperatorFunction } from 'rxjs'
import { carryCredit } from './credit.js'

/** Maps each batch to something over its memory, which carries its credit. */
export function mapBatch<In, Out>(project: (batch: In) => Out): OperatorFunction<In, Out> {
  return map((batch) => carryCredit(batch, project(batch)))
}
