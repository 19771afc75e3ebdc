import { type Data, type RecordBatch, RecordBatchReader, type Struct } from 'apache-arrow'
import { CorruptError, QadsError } from '../base/errors.js'
import { type ArenaRecordBatch, makeArenaRecordBatch } from './arena_record_batch.js'
import type { BatchColumns } from './batch_columns.js'
import { checkValues } from './check_values.js'
import { registerDecoders } from './compression.js'
import type { KnownSchema } from './schema_cache.js'

/**
 * Reads a slot with apache-arrow's own reader: compressed bodies, types that the codec does not know, and metadata of
 * old versions. What is not compressed is read in place.
 * @param stream the slot in pieces
 * @param checksValues whether to check what was compressed
 */
export function decodeByArrow(
  stream: readonly Uint8Array[],
  known: KnownSchema,
  compression: number,
  keeper?: object,
  checksValues = false,
): ArenaRecordBatch {
  let batch: RecordBatch | null
  if (compression !== 0) registerDecoders()
  try {
    batch = RecordBatchReader.from(stream).next().value as RecordBatch | null
  } catch (cause) {
    if (cause instanceof QadsError) throw cause
    throw new CorruptError(`apache-arrow cannot read the batch: ${String(cause)}`, { cause })
  }
  if (!batch) throw new CorruptError('the slot has no record batch')
  if (checksValues && compression !== 0) batch.data.children.forEach(checkValues)
  return makeArenaRecordBatch(known, new LoadedColumns(batch), keeper)
}

/** The columns of a batch that apache-arrow has made. */
class LoadedColumns implements BatchColumns {
  constructor(private readonly batch: RecordBatch) {}

  get rows(): number {
    return this.batch.numRows
  }

  column(index: number): Data {
    return this.batch.data.children[index]!
  }

  all(): Data<Struct> {
    return this.batch.data
  }

  metadata(): Map<string, string> {
    return this.batch.metadata
  }

  made(): readonly Data[] {
    return this.batch.data.children
  }
}
