import {
  from,
  map,
  Observable,
  type ObservableInput,
  type ObservedValueOf,
  type OperatorFunction,
} from 'rxjs'
import { validateFunction } from '../base/validators.js'
import { type Credit, creditOf } from './credit.js'
import { relay } from './relay.js'

/** A value on its way to its inner Observable, with the hold on its credit. */
export interface Held<V> {
  readonly value: V
  readonly index: number
  readonly credit: Credit | undefined
  readonly release: () => void
}

export type Project<V, O extends ObservableInput<unknown>> = (value: V, index: number) => O

/**
 * A flattening operator that holds the credit of each value from its arrival until its inner Observable is done: completed, failed
 * or unsubscribed. What the inner Observable emits carries that credit too, so that chains of such operators pass it on.
 */
export function holding<V, O extends ObservableInput<unknown>>(
  operator: string,
  project: Project<V, O>,
  flatten: (
    inner: (held: Held<V>) => Observable<ObservedValueOf<O>>,
  ) => OperatorFunction<Held<V>, ObservedValueOf<O>>,
): OperatorFunction<V, ObservedValueOf<O>> {
  validateFunction(project, 'project')
  return (source) =>
    new Observable((subscriber) => {
      const holds = new Set<() => void>()
      const hold = (value: V, index: number): Held<V> => {
        const credit = creditOf(value)
        const releaseCredit = credit?.hold(operator)
        const release = () => {
          holds.delete(release)
          releaseCredit?.()
        }
        holds.add(release)
        return { value, index, credit, release }
      }
      source
        .pipe(
          map(hold),
          flatten((held) => innerOf(held, project)),
        )
        .subscribe(subscriber)
      // What still waits in a queue is given back too, in case the source goes on for others.
      subscriber.add(() => {
        for (const release of [...holds]) release()
      })
    })
}

function innerOf<V, O extends ObservableInput<unknown>>(
  { value, index, credit, release }: Held<V>,
  project: Project<V, O>,
): Observable<ObservedValueOf<O>> {
  return new Observable((subscriber) => {
    const within = (emission: () => void) => (credit === undefined ? emission() : credit.run(emission))
    within(() => {
      let inner: Observable<ObservedValueOf<O>>
      try {
        inner = from(project(value, index))
      } catch (error) {
        subscriber.add(release)
        throw error
      }
      relay(inner, subscriber, { next: (result) => within(() => subscriber.next(result)), finalize: release })
    })
  })
}
