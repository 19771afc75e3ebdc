import type { RecordBatch, TypeMap } from 'apache-arrow'
import { Observable, type OperatorFunction } from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import { copyBatch } from '../../frames/concat.js'
import { validateInteger } from '../../base/validators.js'
import { relay } from '../relay.js'

/**
 * Arrays of whole batches with `rows` rows or more between them. Unlike `rebatchRows` it neither cuts nor joins. Batches that wait for
 * later ones are copied, and their credit goes back; the array carries the credit of its last batch, which is not copied.
 *
 * Emits with the batch that completes an array, the rest on completion. An error is passed on at once, and what waits is dropped.
 *
 * @example
 * of(threeRows, threeRows, threeRows).pipe(bufferRows(5)).subscribe((all) => console.log(all.length))
 * // 2
 * // 1
 */
export function bufferRows<T extends TypeMap = AnySchema>(
  rows: number,
): OperatorFunction<RecordBatch<T>, RecordBatch<T>[]> {
  validateInteger(rows, 'rows', 1, Number.MAX_SAFE_INTEGER)
  return (source) =>
    new Observable((subscriber) => {
      let waiting: RecordBatch<T>[] = []
      let waitingRows = 0
      const emit = () => {
        const all = waiting
        waiting = []
        waitingRows = 0
        subscriber.next(all)
      }
      relay(source, subscriber, {
        next(batch) {
          waitingRows += batch.numRows
          const isLast = waitingRows >= rows
          waiting.push(isLast ? batch : copyBatch(batch))
          if (isLast) emit()
        },
        complete() {
          if (waiting.length > 0) emit()
          subscriber.complete()
        },
      })
    })
}
