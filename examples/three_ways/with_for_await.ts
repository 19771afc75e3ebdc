import { createReader, createWriter, filterRows } from 'qadataswap'

import { addTo, type Alarms, isHigh, type Readings, readings } from './readings.js'

/** Plain loops: `write` waits for space, `for await` for batches. */
export async function withForAwait(arena: string): Promise<Alarms> {
  const alarms: Alarms = { count: 0, sum: 0 }
  const produce = async (): Promise<void> => {
    const writer = createWriter<Readings>(`${arena}-all`, { sizeMb: 1 })
    for (const batch of readings()) await writer.write(batch)
    await writer.finish()
  }
  const sift = async (): Promise<void> => {
    const writer = createWriter<Readings>(`${arena}-high`, { sizeMb: 1 })
    for await (const batch of createReader<Readings>(`${arena}-all`, { waitMs: 10_000 })) {
      await writer.write(filterRows(batch, ['value'], isHigh))
    }
    await writer.finish()
  }
  const consume = async (): Promise<void> => {
    for await (const batch of createReader<Readings>(`${arena}-high`, { waitMs: 10_000 }))
      addTo(alarms, batch)
  }
  await Promise.all([produce(), sift(), consume()])
  return alarms
}
