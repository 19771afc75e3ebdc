import { parentPort, workerData } from 'node:worker_threads'

import { createReader, createWriter } from 'qadataswap'

import { numberBatch } from '../support/batches.js'

/** A thread that blocks in one of the synchronous waits, for ever. */
export type BlockingCall = 'readSync' | 'readSync of an arena to come' | 'writeSync' | 'loanSync'

const { name, call } = workerData as { name: string; call: BlockingCall }

function block(): void {
  const batch = numberBatch(0)
  if (call === 'readSync') {
    createReader(name).readSync()
    return
  }
  if (call === 'readSync of an arena to come') {
    const reader = createReader(name, { waitMs: Infinity })
    parentPort!.postMessage('blocks')
    reader.readSync()
    return
  }
  const writer = createWriter(name, { sizeMb: 1, bufferCount: 2 })
  while (writer.tryWrite(batch));
  if (call === 'writeSync') writer.writeSync(batch)
  else writer.loanSync(batch.schema, 1)
}
block()
throw new Error(`${call} returned`)
