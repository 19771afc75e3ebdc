import { createReader, QadsError, WriterAbortedError } from 'qadataswap'

import { numberBatchId } from '../support/batches.js'
import type { Parent } from '../support/child_process.js'

/** Reads to the end, checks every batch, and reports how many came and how it ended. */
export async function countAll({ name }: { name: string }, parent: Parent): Promise<void> {
  using reader = createReader(name, { waitMs: 60_000 })
  let batches = 0
  try {
    for await (const batch of reader) {
      if (numberBatchId(batch) !== batches) throw new Error(`batch ${batches} is out of order`)
      batches++
    }
    parent.report({ batches, end: 'ended' })
  } catch (error) {
    if (!(error instanceof QadsError)) throw error
    const reason = error instanceof WriterAbortedError ? error.reason : error.message
    parent.report({ batches, end: `${error.code}: ${reason}` })
  }
}
