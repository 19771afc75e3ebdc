import { createReader, createWriter, type WriterOptions } from 'qadataswap'

import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'
import type { Parent } from '../support/child_process.js'

interface Args {
  name: string
  options: WriterOptions
}

/** Small and large batches, in the ring by copying and in place, until killed. */
export async function writeForEver({ name, options }: Args, parent: Parent): Promise<void> {
  const writer = createWriter(name, options)
  parent.report('created')
  for (let id = 0; ; id++) await writer.write(numberBatch(id, id % 3 === 0 ? 4000 : 10))
}

export async function writeUntilFull({ name, options }: Args, parent: Parent): Promise<void> {
  const writer = createWriter(name, options)
  for (let id = 0; writer.tryWrite(numberBatch(id)); id++);
  parent.report('full')
  await parent.told()
}

/** Reads, holds some batches, and releases some, until killed or the writer is gone. */
export async function readForEver({ name }: Args, parent: Parent): Promise<void> {
  const reader = createReader<NumberColumns>(name, { waitMs: 60_000 })
  await reader.ready()
  parent.report('attached')
  const held = []
  for await (const batch of reader) {
    numberBatchId(batch)
    held.push(batch)
    if (held.length > 5) reader.release(held.shift()!)
  }
}

export async function attachAndStay({ name }: Args, parent: Parent): Promise<void> {
  using reader = createReader(name)
  parent.report('attached')
  await parent.told()
  reader.close()
}
