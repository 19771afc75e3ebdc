/**
 * Runs the benchmarks: `npm run bench`. `-- --only NAME` runs one, `--json` prints one JSON object, `--save` writes
 * bench/results, `--full` runs the long form of those that have one.
 */
import { parseArgs } from 'node:util'

import { cases } from './cases/index.js'
import { save } from './lib/save.js'
import { machine, type Result, runBench, table } from './lib/report.js'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
  },
})
const chosen = cases.filter(({ name }) => values.only === undefined || name === values.only)
if (chosen.length === 0) {
  console.error(`no bench "${values.only}"; there are: ${cases.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}

const results: Result[] = []
for (const bench of chosen) {
  console.error(`${bench.name} …`)
  const result = await runBench(bench, { full: values.full })
  results.push(result)
  // After each, so that a run that is interrupted leaves what it has.
  if (values.save) await save(results)
  if (!values.json) console.log(table(result))
}
if (values.json) console.log(JSON.stringify({ machine: machine(), results }))
else console.log(machine())
