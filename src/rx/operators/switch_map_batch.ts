import { type ObservableInput, type ObservedValueOf, type OperatorFunction, switchMap } from 'rxjs'
import { holding, type Project } from '../holding.js'

/**
 * RxJS's `switchMap`, for batches that are valid only as long as their credit is held (`lease: 'scoped'`): it is held until the inner
 * Observable is done, or until the next batch ends it. There is no back-pressure, as each batch ends the one before it; only
 * with `maxInFlight: 1` a batch is never interrupted.
 *
 * An error of the source, of `project` or of the inner Observable is passed on at once.
 *
 * @example
 * fromArena('book').pipe(switchMapBatch((batch) => render(batch))).subscribe()
 */
export function switchMapBatch<V, O extends ObservableInput<unknown>>(
  project: Project<V, O>,
): OperatorFunction<V, ObservedValueOf<O>> {
  return holding('switchMapBatch', project, (inner) => switchMap(inner))
}
