import type { TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import { validateInteger } from '../base/validators.js'
import { type BatchStage, sliceRows } from './slice_rows.js'

/**
 * The first `count` rows of the stream, then its end. See `sliceRows`.
 * @example for await (const batch of limitRows(100)(createReadable('ticks'))) { … }
 */
export function limitRows<T extends TypeMap = AnySchema>(count: number): BatchStage<T> {
  validateInteger(count, 'count', 0, Number.MAX_SAFE_INTEGER)
  return sliceRows<T>(0, count)
}
