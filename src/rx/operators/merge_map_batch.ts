import { mergeMap, type ObservableInput, type ObservedValueOf, type OperatorFunction } from 'rxjs'
import { validateInteger } from '../../base/validators.js'
import { holding, type Project } from '../holding.js'

/**
 * RxJS's `mergeMap`, with back-pressure: the credit of a batch is held from its arrival until its inner Observable or promise is done. Up
 * to `concurrent` inner Observables run at once, and never more than the source's `maxInFlight`.
 *
 * Values come as the inner Observables give them, in no particular order. An error of the source, of `project` or of an inner
 * Observable is passed on at once; the others are unsubscribed from, and what is queued is dropped.
 *
 * @example
 * fromArena('ticks').pipe(mergeMapBatch((batch) => score(batch), 4)).subscribe((result) => console.log(result))
 */
export function mergeMapBatch<V, O extends ObservableInput<unknown>>(
  project: Project<V, O>,
  concurrent = Infinity,
): OperatorFunction<V, ObservedValueOf<O>> {
  if (concurrent !== Infinity) validateInteger(concurrent, 'concurrent', 1, Number.MAX_SAFE_INTEGER)
  return holding('mergeMapBatch', project, (inner) => mergeMap(inner, concurrent))
}
