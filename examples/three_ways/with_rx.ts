import { filterRows, fromArena, fromIterable, toArena } from 'qadataswap/rx'
import { lastValueFrom, reduce } from 'rxjs'

import { addTo, type Alarms, isHigh, type Readings, readings } from './readings.js'

/** RxJS: at most `maxInFlight` batches are unfinished in a chain, so a full arena stops the one before it. */
export async function withRx(arena: string): Promise<Alarms> {
  const options = { waitMs: 10_000 }
  const [, , alarms] = await Promise.all([
    lastValueFrom(fromIterable(readings()).pipe(toArena(`${arena}-all`, { sizeMb: 1 }))),
    lastValueFrom(
      fromArena<Readings>(`${arena}-all`, options).pipe(
        filterRows(['value'], isHigh),
        toArena(`${arena}-high`, { sizeMb: 1 }),
      ),
    ),
    lastValueFrom(
      fromArena<Readings>(`${arena}-high`, options).pipe(
        reduce(
          (sum, batch) => {
            addTo(sum, batch)
            return sum
          },
          { count: 0, sum: 0 },
        ),
      ),
    ),
  ])
  return alarms
}
