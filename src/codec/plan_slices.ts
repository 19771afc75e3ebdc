import type { RecordBatch } from 'apache-arrow'
import { BatchTooLargeError } from '../base/errors.js'
import { planRows } from './plan_rows.js'
import type { EncodePlan } from './encode_plan.js'

/** A search for the longest part ends when it fills this much of what is allowed. */
const FULL_ENOUGH = 0.9

/**
 * Plans a batch as one slot, or split by rows into several, none of which takes more than `maxBytes`.
 * The parts follow each other in the order of the rows. A slot has its own copy of the schema and of every dictionary,
 * so that the parts take more than the whole.
 *
 * @throws BatchTooLargeError if a single row (or, of a batch without rows, the metadata) takes more than `maxBytes`
 */
export function planSlices(batch: RecordBatch, maxBytes: number): EncodePlan[] {
  const rows = batch.numRows
  const whole = planRows(batch, 0, rows)
  if (whole.byteLength <= maxBytes) return [whole]
  const parts: EncodePlan[] = []
  let bytesPerRow = whole.byteLength / rows
  for (let from = 0; from < rows;) {
    const part = longestPart(batch, from, maxBytes, bytesPerRow)
    parts.push(part)
    from += part.rows
    bytesPerRow = part.byteLength / part.rows
  }
  if (parts.length === 0) throw tooLarge(whole, maxBytes, 0)
  return parts
}

/** Starts from a guess and closes in on it, as planning a part may have to count the nulls in it. */
function longestPart(batch: RecordBatch, from: number, maxBytes: number, bytesPerRow: number): EncodePlan {
  let best: EncodePlan | undefined
  let fits = 0
  let tooMany = batch.numRows - from + 1
  let guess = Math.floor(maxBytes / bytesPerRow)
  while (tooMany - fits > 1) {
    const rows = Math.max(fits + 1, Math.min(tooMany - 1, guess))
    const plan = planRows(batch, from, rows)
    if (plan.byteLength <= maxBytes) {
      best = plan
      fits = rows
      if (plan.byteLength >= maxBytes * FULL_ENOUGH) break
    } else {
      if (rows === 1) throw tooLarge(plan, maxBytes, from)
      tooMany = rows
    }
    guess = Math.floor((fits + tooMany) / 2)
  }
  return best!
}

function tooLarge(plan: EncodePlan, maxBytes: number, row: number): BatchTooLargeError {
  const what = plan.rows === 0 ? 'a batch without rows' : `row ${row} alone`
  return new BatchTooLargeError(
    `${what} takes ${plan.byteLength} bytes with its schema and dictionaries, and a batch may take at most ` +
      `${maxBytes}: make the arena larger, or the schema, the dictionaries or the row smaller`,
  )
}
