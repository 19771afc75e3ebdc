import type { RecordBatch, TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import { sliceRows as sliceOf } from '../frames/slice.js'
import { validateInteger } from '../base/validators.js'

/** A stage of a pipeline that may end before its source does. */
export type BatchStage<T extends TypeMap> = (
  source: AsyncIterable<RecordBatch<T>> | Iterable<RecordBatch<T>>,
) => AsyncGenerator<RecordBatch<T>, void, undefined>

/**
 * The rows [begin, end) of the whole stream, over the same memory. Once it has them it ends, and gives its source back.
 *
 * A stage for `pipeline()`, `compose()` and `for await`: only an async generator can end before its source without an error.
 *
 * @example pipeline(createReadable('ticks'), sliceRows(1000, 2000), createWritable('sample'))
 */
export function sliceRows<T extends TypeMap = AnySchema>(begin: number, end = Infinity): BatchStage<T> {
  validateInteger(begin, 'begin', 0, Number.MAX_SAFE_INTEGER)
  if (end !== Infinity) validateInteger(end, 'end', begin, Number.MAX_SAFE_INTEGER)
  return async function* (source) {
    if (end <= begin) return
    let position = 0
    for await (const batch of source) {
      const from = Math.max(begin - position, 0)
      const to = Math.min(end - position, batch.numRows)
      if (from < to) yield from === 0 && to === batch.numRows ? batch : sliceOf(batch, from, to)
      position += batch.numRows
      if (position >= end) return
    }
  }
}
