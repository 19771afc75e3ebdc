import { readFileSync } from 'node:fs'

import { type ArenaBatch, createReader, createWriter, release } from 'qadataswap'

import { numberBatch, type NumberColumns } from '../support/batches.js'
import type { Parent } from '../support/child_process.js'

interface LoopArgs {
  name: string
  sizeMb: number
  call: 'tryRead' | 'readSync'
  rows: number
  count: number
  /** Which batches are given back by hand. */
  gives: 'nothing' | 'all'
  /** Every so many batches one is kept; 0: none. */
  keep: number
}

export interface LoopReport {
  /** Private memory of the process, in bytes: before, and the most that was seen. */
  before: number
  most: number
  bytesCopied: number
  wrong: string | null
}

function privateBytes(): number {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024
}

/** Writes and reads in one job of this process. */
export async function readInALoop(args: LoopArgs, parent: Parent): Promise<void> {
  const { name, sizeMb, call, rows, count, gives, keep } = args
  const writer = createWriter<NumberColumns>(name, { sizeMb })
  const reader = createReader<NumberColumns>(name)
  const batch = numberBatch(0, rows)
  const ids = batch.getChild('id')!.data[0]!.values
  const kept: ArenaBatch<NumberColumns>[] = []
  const report: LoopReport = { before: 0, most: 0, bytesCopied: 0, wrong: null }
  const one = (id: number) => {
    ids[0] = id
    ids[rows - 1] = -id
    writer.writeSync(batch)
    const read = call === 'tryRead' ? reader.tryRead()! : reader.readSync()!
    const column = read.getChild('id')!
    if (column.get(0) !== id || column.get(rows - 1) !== -id) report.wrong ??= `batch ${id}`
    if (keep > 0 && id % keep === 0) kept.push(read)
    else if (gives === 'all') release(read)
  }
  for (let id = 0; id < 10; id++) one(id)
  report.before = privateBytes()
  for (let id = 10; id < count; id++) {
    one(id)
    if (id % Math.ceil(count / 200) === 0) report.most = Math.max(report.most, privateBytes())
  }
  for (const [i, old] of kept.entries()) {
    const column = old.getChild('id')!
    if (column.get(0) !== i * keep || column.get(rows - 1) !== -i * keep)
      report.wrong ??= `kept batch ${i * keep}`
    if (column.get(1) !== numberBatch(0, 2).getChild('id')!.get(1)) report.wrong ??= `kept batch ${i * keep}`
  }
  report.bytesCopied = reader.stats().bytesCopied
  reader.close()
  writer.close()
  parent.report(report)
}
