import { type Observable, Subject, type Subscriber, takeUntil } from 'rxjs'
import { withCreditOf } from './credit.js'

/** What an operator does with the notifications of its source. */
export interface Relay<In> {
  next(value: In): void
  /** Default: completes the subscriber. */
  complete?(): void
  /** Default: passes it on. */
  error?(error: unknown): void
  /** Called once at the end, after the source has been unsubscribed from. */
  finalize?(): void
}

/**
 * Subscribes an operator to its source. Errors of the source are passed on, and so is what the operator throws. The end of the
 * subscriber ends the subscription to the source at once, also when that emits synchronously. What the operator emits in `next`
 * carries the credit of the value that came in.
 */
export function relay<In>(
  source: Observable<In>,
  subscriber: Subscriber<unknown>,
  operator: Relay<In>,
): void {
  const ended = new Subject<void>()
  subscriber.add(() => {
    ended.next()
    operator.finalize?.()
  })
  const guarded = (step: () => void) => guard(subscriber, step)
  source.pipe(takeUntil(ended)).subscribe({
    next: (value) => guarded(() => withCreditOf(value, () => operator.next(value))),
    error: (error: unknown) =>
      guarded(() => (operator.error === undefined ? subscriber.error(error) : operator.error(error))),
    complete: () =>
      guarded(() => (operator.complete === undefined ? subscriber.complete() : operator.complete())),
  })
}

/** Calls `step` unless the subscriber is done; what it throws is the subscriber's error. For timers and notifiers. */
export function guard(subscriber: Subscriber<unknown>, step: () => void): void {
  if (subscriber.closed) return
  try {
    step()
  } catch (error) {
    subscriber.error(error)
  }
}
