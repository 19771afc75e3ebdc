import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { chart } from './chart.js'
import { machine, type Result, table } from './report.js'

const folder = fileURLToPath(new URL('../../../../bench/results/', import.meta.url))

/** Writes bench/results: the tables, the chart, and the figures themselves. */
export async function save(results: readonly Result[]): Promise<void> {
  const day = new Date().toISOString().slice(0, 10)
  const caption = `${machine()}, ${day}`
  const text = [
    '# Results',
    '',
    `${caption}. The machine was shared with other work, which both sides of every ratio ran beside. Ratios are ours ÷`,
    'peer, measured in turns in one run: the median of the rounds, and their 10th and 90th percentile.',
    '',
    '![All ratios](ratios.svg)',
    '',
    ...results.map((result) => table(result).replace('### ', '## ')),
  ].join('\n')
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}README.md`, text)
  writeFileSync(`${folder}ratios.svg`, await chart(results, caption))
  writeFileSync(`${folder}results.json`, `${JSON.stringify({ machine: machine(), day, results }, null, 2)}\n`)
}
