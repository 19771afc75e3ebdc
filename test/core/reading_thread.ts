import { parentPort, workerData } from 'node:worker_threads'

import { createReader } from 'qadataswap'

import { numberBatchId } from '../support/batches.js'

/** Reads the arena in a thread of its own, keeps every batch, and says how many came in order. */
const { name } = workerData as { name: string }
const reader = createReader(name)
parentPort!.postMessage('attached')
const kept = []
for await (const batch of reader) {
  if (numberBatchId(batch) === kept.length) kept.push(batch)
}
parentPort!.postMessage(kept.length)
