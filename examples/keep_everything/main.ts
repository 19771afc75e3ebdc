/**
 * Keeps every batch that ever came through a ring of 64 MiB: `node build/ts/examples/keep_everything/main.js [BATCHES]`.
 * 10,000 batches of 1 MB by default, which takes 10 GB of memory.
 *
 * A batch that is held does not hold the writer back: its pages are moved out of the ring, at the same address.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { Field, Float64, type RecordBatch, Schema } from 'apache-arrow'
import { createReader, createWriter } from 'qadataswap'

const ROWS = 125_000
const schema = new Schema([new Field('n', new Float64(), false)])

async function write(arena: string, count: number): Promise<void> {
  await using writer = createWriter(arena, { sizeMb: 64 })
  for (let number = 0; number < count; number++) {
    const loan = await writer.loan(schema, ROWS)
    const column = loan.columns['n'] as Float64Array
    for (let row = 0; row < ROWS; row++) column[row] = number + row
    loan.commit(ROWS)
  }
  await writer.finish()
}

function firstWrong(batches: readonly RecordBatch[]): string | undefined {
  for (const [number, batch] of batches.entries()) {
    const column = batch.getChild('n')!.data[0]!.values as Float64Array
    const row = column.findIndex((value, i) => value !== number + i)
    if (row >= 0) return `batch ${number}, row ${row}: ${column[row]}`
  }
  return undefined
}

async function keep(count: number): Promise<void> {
  const arena = `keep-everything-${process.pid}`
  const writer = fork(fileURLToPath(import.meta.url), [arena, String(count)])
  const exit = once(writer, 'exit')
  const reader = createReader(arena, { waitMs: 60_000 })
  const start = performance.now()
  const all: RecordBatch[] = []
  for await (const batch of reader) all.push(batch)
  const seconds = (performance.now() - start) / 1000
  const [code] = (await exit) as [number | null]
  if (code !== 0) throw new Error(`the writer ended with code ${code}`)

  const wrong = firstWrong(all)
  if (wrong !== undefined || all.length !== count) throw new Error(wrong ?? `${all.length} batches came`)
  const { bytesCopied, evacuations } = reader.stats()
  const megabytes = (count * ROWS * 8) / 1e6
  console.log(
    `${count} batches, ${megabytes} MB, kept through a ring of 64 MiB in ${seconds.toFixed(1)} s; ${evacuations} moved out of it`,
  )
  console.log(`every value is as it was written; ${bytesCopied} bytes copied by reading`)
}

const [first, second] = process.argv.slice(2)
if (second === undefined) await keep(Number(first ?? 10_000))
else await write(first!, Number(second))
