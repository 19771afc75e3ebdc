import { createReader, createWriter, type WriterOptions } from 'qadataswap'

import { numberBatch, type NumberColumns } from '../support/batches.js'
import type { Parent } from '../support/child_process.js'

interface ReadArgs {
  name: string
  rows: number
  /** Batches after which resident memory is taken for the first time. */
  warm: number
}

export interface ReadReport {
  batches: number
  bytesCopied: number
  /** The first value that is not what the writer wrote. */
  wrong: string | null
  rssWarm: number
  rssEnd: number
}

/** Reads to the end and compares every value with what follows from the batch's number. */
export async function readAndCheck({ name, rows, warm }: ReadArgs, parent: Parent): Promise<void> {
  const reader = createReader<NumberColumns>(name, { waitMs: 60_000, lease: 'scoped' })
  await reader.ready()
  parent.report('attached')
  const report: ReadReport = { batches: 0, bytesCopied: 0, wrong: null, rssWarm: 0, rssEnd: 0 }
  for await (const batch of reader.batches({ keepOpen: true })) {
    const id = report.batches++
    if (report.batches === warm) report.rssWarm = process.memoryUsage().rss
    const ids = batch.getChildAt(0)!.data[0]!.values as Int32Array
    const values = batch.getChildAt(1)!.data[0]!.values as Float64Array
    for (let row = 0; row < rows; row++) {
      const expected = (id * 1000 + row) | 0
      if (ids[row] === expected && values[row] === (id * 1000 + row) / 2) continue
      report.wrong ??= `batch ${id} row ${row}: ${ids[row]}, ${values[row]}`
    }
    if (batch.numRows !== rows) report.wrong ??= `batch ${id} has ${batch.numRows} rows`
  }
  report.rssEnd = process.memoryUsage().rss
  report.bytesCopied = reader.stats().bytesCopied
  reader.close()
  parent.report(report)
}

interface WriteArgs {
  name: string
  options: WriterOptions
  rows: number
  count: number
}

/** Writes `count` numbered batches when told to, then ends. */
export async function writeNumbered(
  { name, options, rows, count }: WriteArgs,
  parent: Parent,
): Promise<void> {
  const writer = createWriter<NumberColumns>(name, options)
  parent.report('created')
  await parent.told()
  const batch = numberBatch(0, rows)
  const ids = batch.getChildAt(0)!.data[0]!.values as Int32Array
  const values = batch.getChildAt(1)!.data[0]!.values as Float64Array
  for (let id = 0; id < count; id++) {
    // The arrays may change as soon as the batch is in the ring.
    for (let row = 0; row < rows; row++) {
      ids[row] = id * 1000 + row
      values[row] = (id * 1000 + row) / 2
    }
    await writer.write(batch)
  }
  await writer.drained()
  parent.report(process.memoryUsage().rss)
  writer.close()
}

/** Reads to the end; tells which batches came and which were reported lost. */
export async function readWithLosses({ name }: { name: string }, parent: Parent): Promise<void> {
  const lost: number[] = []
  const seen: number[] = []
  const reader = createReader<NumberColumns>(name, {
    onLoss: ({ first, count }) => {
      for (let sequence = first; sequence < first + count; sequence++) lost.push(sequence)
    },
  })
  parent.report('attached')
  for await (const batch of reader) seen.push((batch.getChildAt(0)!.get(0) as number) / 1000)
  parent.report({ seen, lost })
}
