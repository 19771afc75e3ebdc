import type { RecordBatch, TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import { type BatchSize, Rebatcher } from '../frames/rebatch.js'
import { validateObject } from '../base/validators.js'
import { type BatchStream, BatchTransform } from './batch_transform.js'

/**
 * Cuts and joins batches to a number of rows (exactly, but for the last), a number of bytes (at most), or whichever is reached
 * first. Rows of one batch stay views of it; only rows that wait for a later batch are copied.
 *
 * @example pipeline(createReadable('ticks'), rebatch({ rows: 10_000 }), createWritable('blocks'))
 */
export function rebatch<T extends TypeMap = AnySchema>(
  size: BatchSize,
): BatchStream<RecordBatch<T>, RecordBatch<T>> {
  validateObject(size, 'size')
  const rebatcher = new Rebatcher<T>(size)
  return new BatchTransform<RecordBatch<T>, RecordBatch<T>>({
    each: (batch) => rebatcher.add(batch),
    end: () => rebatcher.flush(),
  })
}
