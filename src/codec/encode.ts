import type { RecordBatch } from 'apache-arrow'
import type { EncodePlan } from './encode_plan.js'
import { planRows } from './plan_rows.js'

export { planSlices } from './plan_slices.js'

/** Plans one slot for a batch: its exact size, and how to write it. */
export function planEncode(batch: RecordBatch): EncodePlan {
  return planRows(batch, 0, batch.numRows)
}

/** The slot of a batch in memory of its own: a complete `.arrow` file. */
export function encodeSlot(batch: RecordBatch): Uint8Array<ArrayBuffer> {
  const plan = planEncode(batch)
  const slot = new Uint8Array(plan.byteLength)
  plan.writeTo(slot)
  return slot
}
