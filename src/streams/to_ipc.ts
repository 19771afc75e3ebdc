import type { RecordBatch } from 'apache-arrow'

import { validateObject, validateOneOf } from '../base/validators.js'
import { type BatchStream, BatchTransform } from './batch_transform.js'
import { type IpcFormat, IpcJoiner } from './ipc_joiner.js'

/** Which form of Arrow IPC is made. */
export interface ToIpcOptions {
  /** `stream` (the default) can be read while it is written; `file` in any order, once it is complete. */
  format?: IpcFormat
}

/**
 * Record batches of one schema to the bytes of one Arrow IPC stream or file. Dictionaries may differ from batch to batch in a stream; in a
 * file they may only grow, which is written as deltas. Throws `ERR_QADS_SCHEMA_MISMATCH`, which says what differs.
 * @example pipeline(createReadable('ticks'), toIpc({ format: 'file' }), fs.createWriteStream('ticks.arrow'))
 */
export function toIpc(options: ToIpcOptions = {}): BatchStream<RecordBatch, Uint8Array> {
  validateObject(options, 'options')
  const { format = 'stream' } = options
  validateOneOf(format, 'options.format', ['stream', 'file'])
  const joiner = new IpcJoiner(format)
  return new BatchTransform(
    { each: (batch: RecordBatch) => joiner.add(batch), end: () => joiner.end() },
    { bytes: true },
  )
}
