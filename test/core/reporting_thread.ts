import { parentPort, workerData } from 'node:worker_threads'

import { createReader } from 'qadataswap'

import { numberBatchId } from '../support/batches.js'

/** Posts the number of each batch, and the end. */
const { name } = workerData as { name: string }
for await (const batch of createReader(name)) parentPort!.postMessage(numberBatchId(batch))
parentPort!.postMessage('ended')
