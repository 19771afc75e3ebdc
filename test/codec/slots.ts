import { type RecordBatch, RecordBatchReader, RecordBatchStreamWriter } from 'apache-arrow'
import type { EncodePlan } from '#src/codec/encode_plan.js'

export const FILE_PREFIX = 8

/** The bytes of a plan, in memory that held something else before. */
export function slotOf(plan: EncodePlan, fill = 0xaa): Uint8Array<ArrayBuffer> {
  const slot = new Uint8Array(plan.byteLength).fill(fill)
  plan.writeTo(slot)
  return slot
}

/** What apache-arrow reads from a slot as a file. */
export function readFile(slot: Uint8Array): RecordBatch {
  const reader = RecordBatchReader.from(slot)
  if (!reader.isFile()) throw new Error('the slot is not an Arrow file')
  return only([...reader])
}

/** What apache-arrow reads from a slot as a stream, past the magic. */
export function readStream(slot: Uint8Array): RecordBatch {
  const reader = RecordBatchReader.from(slot.subarray(FILE_PREFIX))
  if (!reader.isStream()) throw new Error('the slot is not an Arrow stream')
  return only([...reader])
}

/** A slot as apache-arrow's stream writer writes one: bodies and buffers are aligned to 8 bytes, and there is no footer. */
export function arrowSlot(batch: RecordBatch): Uint8Array {
  const writer = new RecordBatchStreamWriter()
  writer.write(batch)
  writer.finish()
  return Buffer.concat([Buffer.from('ARROW1\0\0'), writer.toUint8Array(true)])
}

function only(batches: RecordBatch[]): RecordBatch {
  if (batches.length !== 1) throw new Error(`${batches.length} batches instead of one`)
  return batches[0]!
}
