import { concatMap, type ObservableInput, type ObservedValueOf, type OperatorFunction } from 'rxjs'
import { holding, type Project } from '../holding.js'

/**
 * RxJS's `concatMap`, with back-pressure: the credit of a batch is held from its arrival until its inner Observable or promise is done, so
 * a source that is an arena has at most `maxInFlight` batches here, and its writer waits for the slowest step.
 *
 * Values come one after the other, in the order of the source. Queued batches wait without their inner Observables being made.
 * An error of the source, of `project` or of an inner Observable is passed on at once, and what is queued is dropped.
 *
 * @example
 * fromArena('ticks').pipe(concatMapBatch((batch) => save(batch))).subscribe((id) => console.log(id))
 * // 1
 * // 2, when the first save was done
 */
export function concatMapBatch<V, O extends ObservableInput<unknown>>(
  project: Project<V, O>,
): OperatorFunction<V, ObservedValueOf<O>> {
  return holding('concatMapBatch', project, (inner) => concatMap(inner))
}
