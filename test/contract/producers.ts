import { createWriter, type WriterOptions } from 'qadataswap'

import { numberBatch } from '../support/batches.js'
import type { Parent } from '../support/child_process.js'

export interface ProducerArgs {
  name: string
  options: WriterOptions
  count: number
  rows: number
}

/** Writes `count` batches as fast as the ring takes them, and ends. */
export async function produceAll(
  { name, options, count, rows }: ProducerArgs,
  parent: Parent,
): Promise<void> {
  await using writer = createWriter(name, options)
  parent.report('created')
  for (let id = 0; id < count; id++) await writer.write(numberBatch(id, rows))
  await writer.finish()
}

/** Writes batches and reports how many are in the ring, until none of them has room any more: the ring is full then. */
export async function produceUntilFull(
  { name, options, count, rows }: ProducerArgs,
  parent: Parent,
): Promise<void> {
  await using writer = createWriter(name, options)
  let id = 0
  while (id < count && writer.tryWrite(numberBatch(id, rows))) id++
  parent.report(id)
  for (; id < count; id++) {
    await writer.write(numberBatch(id, rows))
    parent.report(id + 1)
  }
  await writer.finish()
}

/** Writes `count` batches and stays: the parent kills it, or tells it how to go. */
export async function produceAndStay(
  { name, options, count, rows }: ProducerArgs,
  parent: Parent,
): Promise<void> {
  const writer = createWriter(name, options)
  for (let id = 0; id < count; id++) await writer.write(numberBatch(id, rows))
  parent.report('written')
  const how = (await parent.told()) as { abort?: string }
  if (how.abort !== undefined) writer.abort(new Error(how.abort))
}

/** Writes one batch each time it is told to. */
export async function produceOnDemand({ name, options, rows }: ProducerArgs, parent: Parent): Promise<void> {
  await using writer = createWriter(name, options)
  parent.report('created')
  for (;;) {
    const id = (await parent.told()) as number | null
    if (id === null) break
    await writer.write(numberBatch(id, rows))
  }
  await writer.finish()
}
