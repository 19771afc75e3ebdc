import { parentPort, workerData } from 'node:worker_threads'

import { createReader, createWriter } from 'qadataswap'

import { numberBatch, numberBatchId } from '../support/batches.js'

const { name, closes } = workerData as { name: string; closes: boolean }
const writer = createWriter(name, { sizeMb: 1 })
const reader = createReader(name)
const reading = reader.read()
await writer.write(numberBatch(1, 10_000))
const batch = await reading
if (closes) {
  writer.close()
  reader.close()
}
parentPort!.postMessage(numberBatchId(batch!))
if (!closes) await reader.read()
