import type { RecordBatch, TypeMap } from 'apache-arrow'
import { type MonoTypeOperatorFunction, Observable } from 'rxjs'
import { type BatchSize, Rebatcher } from '../frames/rebatch.js'
import { relay } from './relay.js'

/** Cuts and joins batches to a size. An output carries the credit of the batch that completed it. */
export function rebatching<T extends TypeMap>(size: BatchSize): MonoTypeOperatorFunction<RecordBatch<T>> {
  // A bad size is refused here and not at the first subscription.
  new Rebatcher(size)
  return (source) =>
    new Observable((subscriber) => {
      const rebatcher = new Rebatcher<T>(size)
      const emit = (outputs: Iterable<RecordBatch<T>>) => {
        for (const output of outputs) {
          subscriber.next(output)
          if (subscriber.closed) return
        }
      }
      relay(source, subscriber, {
        next: (batch) => emit(rebatcher.add(batch)),
        complete() {
          emit(rebatcher.flush())
          subscriber.complete()
        },
      })
    })
}
