/** Reads the flights with Polars and writes them through the arena, then says what Polars makes of them. */
import { fileURLToPath } from 'node:url'

import pl from 'nodejs-polars'
import { SharedDataFrame } from 'qadataswap'

import { ROWS_PER_BATCH, type OriginDelay, type Report } from './flights.js'

const [, , arena = 'flights-demo'] = process.argv
const file = new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets'))
const flights = pl.readParquet(fileURLToPath(file))

const writer = SharedDataFrame.createWriter(arena, { sizeMb: 64 })
for (let row = 0; row < flights.height; row += ROWS_PER_BATCH) {
  // Waits when the consumer is a whole ring behind.
  await writer.write(flights.slice(row, ROWS_PER_BATCH))
}
await writer.end()

const perOrigin = flights
  .groupBy('origin')
  .agg(pl.col('origin').count().alias('flights'), pl.col('delay').mean().alias('meanDelay'))
const report: Report = {
  kind: 'truth',
  rows: perOrigin.toRecords() as unknown as OriginDelay[],
  flights: flights.height,
  origins: perOrigin.height,
}
await new Promise((sent) => process.send?.(report, undefined, undefined, sent))
await writer.drained()
writer.close()
process.disconnect()
