import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { RecordBatch } from 'apache-arrow'
import { createReadable, createWritable, filterRows } from 'qadataswap/streams'

import { addTo, type Alarms, isHigh, type Readings, readings } from './readings.js'

/** Node streams: back-pressure is pipeline's, through both arenas. */
export async function withPipeline(arena: string): Promise<Alarms> {
  const alarms: Alarms = { count: 0, sum: 0 }
  await Promise.all([
    pipeline(Readable.from(readings()), createWritable(`${arena}-all`, { sizeMb: 1 })),
    pipeline(
      createReadable<Readings>(`${arena}-all`, { waitMs: 10_000 }),
      filterRows<Readings, ['value']>(['value'], isHigh),
      createWritable(`${arena}-high`, { sizeMb: 1 }),
    ),
    pipeline(
      createReadable<Readings>(`${arena}-high`, { waitMs: 10_000 }),
      new Writable({
        objectMode: true,
        write(batch: RecordBatch<Readings>, _encoding, done) {
          addTo(alarms, batch)
          done()
        },
      }),
    ),
  ])
  return alarms
}
