import type { RecordBatch, TypeMap } from 'apache-arrow'
import { EMPTY, type MonoTypeOperatorFunction, Observable } from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import { sliceRows as sliceBatch } from '../../frames/slice.js'
import { validateInteger } from '../../base/validators.js'
import { relay } from '../relay.js'

/**
 * The rows [begin, end) of the whole stream, over the same memory. Synchronous, nothing is buffered. Completes with the batch that has the
 * last of them, and unsubscribes from the source; when there can be none, without ever subscribing.
 *
 * @example
 * of(hundredRows, hundredRows).pipe(sliceRows(90, 110)).subscribe((b) => console.log(b.numRows))
 * // 10
 * // 10
 */
export function sliceRows<T extends TypeMap = AnySchema>(
  begin: number,
  end = Infinity,
): MonoTypeOperatorFunction<RecordBatch<T>> {
  validateInteger(begin, 'begin', 0, Number.MAX_SAFE_INTEGER)
  if (end !== Infinity) validateInteger(end, 'end', begin, Number.MAX_SAFE_INTEGER)
  if (end === begin) return () => EMPTY
  return (source) =>
    new Observable((subscriber) => {
      let position = 0
      relay(source, subscriber, {
        next(batch) {
          const from = Math.max(begin - position, 0)
          const to = Math.min(end - position, batch.numRows)
          position += batch.numRows
          if (from < to) subscriber.next(sliceBatch(batch, from, to))
          if (position >= end) subscriber.complete()
        },
      })
    })
}
