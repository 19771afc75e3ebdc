/**
 * The main job: three million flights go from a producer process, which reads them with Polars, to a consumer process,
 * which reads the record batches in place and aggregates while they arrive. What both computed is compared.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import type { OriginDelay, Report } from './flights.js'

// A name of its own: two demos may run at once.
const arena = `flights-demo-${process.pid}`
const anyFailed = new AbortController()

/** Runs one side to its end and gives its report; when one side fails the other is stopped. */
async function run<Kind extends Report['kind']>(
  script: string,
  kind: Kind,
): Promise<Extract<Report, { kind: Kind }>> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), [arena], { signal: anyFailed.signal })
  let report: Report | undefined
  child.on('message', (message) => (report = message as Report))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0 || report?.kind !== kind) {
    anyFailed.abort()
    throw new Error(`${script} ended with code ${code}`)
  }
  return report as Extract<Report, { kind: Kind }>
}

/** Sentences that say where the two disagree. */
function differences(found: OriginDelay[], expected: OriginDelay[]): string[] {
  const byOrigin = new Map(found.map((row) => [row.origin, row]))
  const wrong = expected.flatMap(({ origin, flights, meanDelay }) => {
    const row = byOrigin.get(origin)
    byOrigin.delete(origin)
    if (row === undefined) return [`${origin}: missing`]
    const same = row.flights === flights && Math.abs(row.meanDelay - meanDelay) <= 1e-9 * Math.abs(meanDelay)
    return same
      ? []
      : [`${origin}: ${row.flights} flights, mean ${row.meanDelay}; Polars: ${flights}, ${meanDelay}`]
  })
  return [...wrong, ...[...byOrigin.keys()].map((origin) => `${origin}: Polars has no such origin`)]
}

const [result, truth] = await Promise.all([run('consumer.js', 'result'), run('producer.js', 'truth')])

const busiest = [...result.rows].sort((a, b) => b.flights - a.flights).slice(0, 15)
console.table(
  busiest.map(({ origin, flights, meanDelay }) => ({
    origin,
    flights,
    'mean delay (min)': Number(meanDelay.toFixed(2)),
  })),
)
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
console.log(`${result.rows.length} origins, the ${busiest.length} busiest are shown`)
console.log(
  `${result.flights} rows in ${result.batches} batches, ${mebibytes(result.bytes)} in ${result.seconds.toFixed(2)} s: ` +
    `${Math.round(result.flights / result.seconds).toLocaleString('en')} rows per second, aggregation included`,
)
console.log(`bytes copied on the read side: ${result.bytesCopied}`)

const wrong = differences(result.rows, truth.rows)
if (result.flights !== truth.flights)
  wrong.push(`${result.flights} rows arrived, ${truth.flights} were written`)
if (wrong.length > 0) {
  console.error(`the consumer and Polars disagree:\n${wrong.join('\n')}`)
  process.exit(1)
}
console.log(`the same as Polars' own group-by over ${truth.flights} rows, for all ${truth.origins} origins`)
