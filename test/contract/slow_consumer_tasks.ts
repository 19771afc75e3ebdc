import { Readable } from 'node:stream'

import type { RecordBatch } from 'apache-arrow'
import { createReader, inspectArena } from 'qadataswap'
import { createReadable } from 'qadataswap/streams'

import type { ConsumerReport } from '../rx/slow_consumer_tasks.js'
import { numberBatchId, type NumberColumns } from '../support/batches.js'
import type { Parent } from '../support/child_process.js'

export { produce } from '../rx/slow_consumer_tasks.js'

type Batches = AsyncIterable<RecordBatch<NumberColumns>>

async function* byRead(name: string): Batches {
  using reader = createReader<NumberColumns>(name)
  for (;;) {
    const batch = await reader.read()
    if (batch === null) return
    yield batch
  }
}

const SURFACES = {
  read: byRead,
  iterator: (name: string): Batches => createReader<NumberColumns>(name),
  readable: (name: string): Batches => createReadable<NumberColumns>(name),
  web: (name: string): Batches => Readable.toWeb(createReadable<NumberColumns>(name)),
}

interface Args {
  name: string
  surface: keyof typeof SURFACES
  count: number
  /** Turns of the event loop that the consumer takes for each batch. */
  turns: number
}

/** Reads through one surface, slowly, and watches its memory and how much is unread. */
export async function consume({ name, surface, count, turns }: Args, parent: Parent): Promise<void> {
  const report: ConsumerReport = { batches: 0, mostUnread: 0, mostUnfinished: 0, rssWarm: 0, rssEnd: 0 }
  for await (const batch of SURFACES[surface](name)) {
    if (numberBatchId(batch) !== report.batches++ % 1000)
      throw new Error(`batch ${report.batches} is out of order`)
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
    // Streams read ahead: with the last batches the arena may be gone.
    if (report.batches % 100 === 0 && report.batches < count - 100) {
      const { published, readers } = inspectArena(name)
      report.mostUnread = Math.max(report.mostUnread, ...readers.map(({ cursor }) => published - cursor))
    }
    if (report.batches === Math.floor(count / 5)) report.rssWarm = process.memoryUsage.rss()
  }
  parent.report({ ...report, rssEnd: process.memoryUsage.rss() })
}
