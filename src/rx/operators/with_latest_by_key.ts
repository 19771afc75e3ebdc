import type { RecordBatch, TypeMap } from 'apache-arrow'
import { Observable, type OperatorFunction } from 'rxjs'
import type { AnySchema } from '../../base/any_schema.js'
import type { ColumnName } from '../../frames/column_types.js'
import type { Joined } from '../../frames/joined_columns.js'
import { LatestJoin, type LatestOptions } from '../../frames/latest_join.js'
import { validateNames, validateObject, validateObservable } from '../../base/validators.js'
import { LeftQueue } from '../join_credit.js'
import { relay } from '../relay.js'

/**
 * Puts beside each row the row of its key that came last from another (right) Observable: `withLatestFrom`, by key. What counts is
 * when batches arrive, not what times they carry (for that, see `asofJoin`).
 *
 * A batch is emitted when it comes, one output to each. Only before the first right batch, while the columns of the right side
 * are not known, batches wait for it (or for its completion), with their credit held; `rightSchema` spares that. One right
 * row to each key is kept, copied; right batches do not hold their credit.
 *
 * Subscribes to the right side first. Completes with the left side. An error of either side is passed on at once. Unsubscribing ends
 * both. The right side's completion changes nothing: its last rows stay.
 *
 * @example
 * orders.pipe(withLatestByKey(prices, { by: ['sym'] })).subscribe((b) => console.log(batchToRows(b)))
 * // [{ sym: 'AAA', size: 100, price: 10.5 }, { sym: 'ZZZ', size: 5, price: null }]
 */
export function withLatestByKey<
  L extends TypeMap = AnySchema,
  R extends TypeMap = AnySchema,
  const K extends ColumnName<L> & ColumnName<R> = ColumnName<L> & ColumnName<R>,
  const Suffix extends string = '_right',
>(
  right: Observable<RecordBatch<R>>,
  options: LatestOptions<K, Suffix>,
): OperatorFunction<RecordBatch<L>, RecordBatch<Joined<L, R, K, Suffix>>> {
  validateObservable(right, 'right')
  validateObject(options, 'options')
  validateNames(options.by, 'options.by')
  return (left) =>
    new Observable((subscriber) => {
      const join = new LatestJoin<L, R, K, Suffix>(options)
      let rightDone = false
      const waiting = new LeftQueue<RecordBatch<L>>('withLatestByKey', (batch) => {
        const joined = join.join(batch)
        if (joined.numRows > 0) subscriber.next(joined)
      })
      const settle = () => {
        while (!subscriber.closed && waiting.first !== undefined && (join.isReady || rightDone))
          waiting.emitFirst()
        if (waiting.isDone) subscriber.complete()
      }
      relay(right, subscriber, {
        next(batch) {
          join.addRight(batch)
          settle()
        },
        complete() {
          rightDone = true
          settle()
        },
      })
      relay(left, subscriber, {
        next(batch) {
          waiting.push(batch, 0)
          settle()
        },
        complete() {
          waiting.end()
          settle()
        },
        finalize: () => waiting.releaseAll(),
      })
    })
}
