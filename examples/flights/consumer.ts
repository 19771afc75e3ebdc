/** Reads the flights in place, while they are being written, and counts flights and sums delays per origin. */
import type { Int64, RecordBatch, Utf8View } from 'apache-arrow'
import { SingleBar } from 'cli-progress'
import { createReader } from 'qadataswap'

import type { Report } from './flights.js'

const [, , arena = 'flights-demo'] = process.argv
const TOTAL_ROWS = 3_000_000

// An interface has no implicit index signature, which apache-arrow's TypeMap asks for.
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions
type Columns = { origin: Utf8View; delay: Int64 }

const counts = new Map<string, number>()
const delays = new Map<string, number>()

function addBatch(batch: RecordBatch<Columns>): void {
  const origins = batch.getChild('origin')
  const values = batch.getChild('delay')
  if (origins === null || values === null) throw new Error('the batch has no columns "origin" and "delay"')
  for (let row = 0; row < batch.numRows; row++) {
    const origin = origins.get(row) ?? '(none)'
    counts.set(origin, (counts.get(origin) ?? 0) + 1)
    delays.set(origin, (delays.get(origin) ?? 0) + Number(values.get(row) ?? 0))
  }
}

const bar = new SingleBar({
  format: 'flights {bar} {percentage}% | {value}/{total} rows | {eta_formatted} left',
  stream: process.stderr,
  noTTYOutput: true,
  notTTYSchedule: 2000,
})
bar.start(TOTAL_ROWS, 0)

// The consumer may come first: it waits for the arena.
const reader = createReader<Columns>(arena, { waitMs: 60_000, lease: 'scoped' })
await reader.ready()
const start = performance.now()
let rows = 0
for await (const batch of reader.batches({ keepOpen: true })) {
  addBatch(batch)
  rows += batch.numRows
  bar.update(rows)
}
const seconds = (performance.now() - start) / 1000
bar.stop()

const { batches, bytes, bytesCopied } = reader.stats()
reader.close()
const report: Report = {
  kind: 'result',
  rows: [...counts].map(([origin, flights]) => ({
    origin,
    flights,
    meanDelay: (delays.get(origin) ?? 0) / flights,
  })),
  flights: rows,
  batches,
  bytes,
  bytesCopied,
  seconds,
}
process.send?.(report)
process.disconnect()
