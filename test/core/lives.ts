import { on, once } from 'node:events'
import { PassThrough } from 'node:stream'
import { Worker } from 'node:worker_threads'

import { createReader, createWriter, type QadsError } from 'qadataswap'
import { fromArena, holdCredit } from 'qadataswap/rx'
import { createReadable } from 'qadataswap/streams'

import { numberBatch, numberBatchId } from '../support/batches.js'
import { type Parent, sharedFilesOf } from '../support/child_process.js'
import type { BlockingCall } from './blocked_thread.js'

interface Args {
  name: string
  own: string
}

export async function idleReader({ name }: Args): Promise<void> {
  createReader(name)
}

export async function idleWriter({ own }: Args): Promise<void> {
  const writer = createWriter(own, { sizeMb: 1 })
  await writer.write(numberBatch(0))
}

export async function droppedWriter({ own }: Args): Promise<void> {
  await using writer = createWriter(own, { sizeMb: 1 })
  await writer.write(numberBatch(0))
}

export async function closedWriter({ own }: Args): Promise<void> {
  const writer = createWriter(own, { sizeMb: 1 })
  await writer.write(numberBatch(0))
  writer.close()
}

export async function finishedWriter({ own }: Args): Promise<void> {
  const writer = createWriter(own, { sizeMb: 1 })
  await writer.write(numberBatch(0))
  await writer.finish({ waitForReader: false })
}

export async function abortedWriter({ own }: Args): Promise<void> {
  const writer = createWriter(own, { sizeMb: 1 })
  await writer.write(numberBatch(0))
  writer.abort('enough')
}

export async function readWriter({ own }: Args): Promise<void> {
  const writer = createWriter(own, { sizeMb: 1 })
  using reader = createReader(own)
  await writer.write(numberBatch(0))
  writer.close()
  await reader.read()
}

export async function losingWriter({ own }: Args): Promise<void> {
  const writer = createWriter(own, { sizeMb: 1, onFull: 'drop-oldest' })
  await writer.write(numberBatch(0))
}

export async function readThenForget({ name }: Args): Promise<void> {
  const reader = createReader(name)
  await reader.read()
}

/** The doorbell has been used, and nobody waits any more. */
export async function cancelledRead({ name }: Args): Promise<void> {
  const reader = createReader(name)
  await reader.read()
  await reader.read({ timeoutMs: 1 }).catch(() => undefined)
  await reader.read({ signal: AbortSignal.timeout(1) }).catch(() => undefined)
}

export async function leasesAtExit({ name }: Args): Promise<void> {
  const reader = createReader(name)
  const kept = globalThis as { batch?: unknown }
  kept.batch = (await reader.read())!
}

/** Keeps more than the ring holds, so that most of it is evacuated. */
export async function keptToTheEnd({ name }: Args, parent: Parent): Promise<void> {
  const kept = globalThis as { batches?: unknown[] }
  kept.batches = []
  const reader = createReader(name)
  parent.report('attached')
  for await (const batch of reader) kept.batches.push(batch)
  parent.report(kept.batches.length)
}

export async function processExit({ name, own }: Args, parent: Parent): Promise<void> {
  const reader = createReader(name)
  const kept = await reader.read()
  const writer = createWriter(own, { sizeMb: 1 })
  await writer.write(kept!)
  void reader.read()
  parent.report(sharedFilesOf('self'))
  setImmediate(() => process.exit(3))
  await new Promise(() => undefined)
}

/** Its consumers hold the only batch, and nothing keeps the process alive that could make them go on. */
export async function unheardError({ name }: Args, parent: Parent): Promise<void> {
  const unread = createReadable(name)
  unread.pipe(new PassThrough({ objectMode: true })).pause()
  const failed = [
    new Promise((resolve) => unread.once('error', resolve)),
    new Promise((resolve) =>
      fromArena(name).subscribe({ next: (batch) => void holdCredit(batch), error: resolve }),
    ),
  ]
  parent.report('attached')
  process.channel!.unref()
  const codes = (await Promise.all(failed)).map((error) => (error as QadsError).code)
  parent.report(codes)
}

/** Reports each batch and the end. Nothing but the read that waits keeps the process alive. */
export async function forAwait({ name }: Args, parent: Parent): Promise<void> {
  process.channel!.unref()
  for await (const batch of createReader(name)) parent.report(numberBatchId(batch))
  parent.report('ended')
}

/** The same in a thread. */
export async function forAwaitInThread({ name }: Args, parent: Parent): Promise<void> {
  process.channel!.unref()
  const thread = new Worker(new URL('./reporting_thread.js', import.meta.url), { workerData: { name } })
  const messages = on(thread, 'message', { close: ['exit'] })
  for await (const [message] of messages) parent.report(message)
}

export async function pendingRead({ name }: Args, parent: Parent): Promise<void> {
  const reader = createReader(name)
  const reading = reader.read().then((batch) => numberBatchId(batch!))
  parent.report(await reading)
}

/** The parent's reader comes when the ring is full. */
export async function pendingWrite({ name }: Args, parent: Parent): Promise<void> {
  const writer = createWriter(name, { sizeMb: 1, bufferCount: 2 })
  await writer.write(numberBatch(0))
  await writer.write(numberBatch(1))
  const last = [2, 3, 4].map((id) => writer.write(numberBatch(id)))
  void Promise.all(last).then(() => writer.finish())
  parent.report('full')
}

export async function threads({ name, count }: Args & { count: number }, parent: Parent): Promise<void> {
  const workers = [0, 1].map(
    () => new Worker(new URL('./reading_thread.js', import.meta.url), { workerData: { name, count } }),
  )
  const messages = workers.map((worker) => on(worker, 'message', { close: ['exit'] }))
  for (const each of messages) await each.next()
  const reader = createReader(name)
  parent.report('attached')
  const seen: unknown[] = []
  for await (const batch of reader) if (numberBatchId(batch) === seen.length) seen.push(batch)
  const counts: unknown[] = [seen.length]
  for (const each of messages) for await (const [result] of each) counts.push(result)
  parent.report(counts)
}

/** Exits when it is told to, while a thread of its own blocks. */
export async function exitWithBlockedThread(
  { name, call }: Args & { call: BlockingCall },
  parent: Parent,
): Promise<void> {
  const thread = new Worker(new URL('./blocked_thread.js', import.meta.url), { workerData: { name, call } })
  if (call === 'readSync of an arena to come') await once(thread, 'message')
  else await once(thread, 'online')
  parent.report('started')
  await parent.told()
  process.exit(3)
}
