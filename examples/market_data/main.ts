/** A producer of ticks in one process, bars and an as-of join in another, checked against plain loops. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { fileURLToPath } from 'node:url'

import { bars, distances } from './consumer.js'
import { plainBars, plainDistances } from './plain.js'

const QUOTES = 50_000
const TRADES = 10_000

const arena = `market-${process.pid}`
const producer = fork(fileURLToPath(new URL('./producer.js', import.meta.url)), [
  arena,
  `${QUOTES}`,
  `${TRADES}`,
])
const [allBars, allDistances] = await Promise.all([bars(arena), distances(arena)])
if (producer.exitCode === null) await once(producer, 'exit')

const rightBars = isDeepStrictEqual(allBars, plainBars(TRADES))
const rightDistances = isDeepStrictEqual(allDistances, plainDistances(TRADES, QUOTES))
console.table(
  allBars
    .slice(0, 6)
    .map((bar) => ({ ...bar, time: new Date(Number(bar.time! / 1_000_000n)).toISOString() })),
)
console.log(`${allBars.length} bars of one second: ${rightBars ? 'as computed plainly' : 'WRONG'}`)
console.log(
  `${allDistances.length} trades joined with quotes: ${rightDistances ? 'as computed plainly' : 'WRONG'}`,
)
process.exitCode = rightBars && rightDistances ? 0 : 1
