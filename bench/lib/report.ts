import { cpus, loadavg, totalmem } from 'node:os'

import type { Bench, Missing, Row, Settings } from './bench.js'
import type { Spread } from './measure.js'
import { firstLine } from './why.js'

export interface Result {
  readonly name: string
  readonly title: string
  readonly rows: (Row | Missing)[]
}

export function machine(): string {
  const [cpu] = cpus()
  const load = loadavg()[0]!.toFixed(1)
  return (
    `${cpus().length} × ${cpu?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
    `Node ${process.version}, load average ${load}`
  )
}

export const number = (value: number): string => {
  if (value >= 1000) return Math.round(value).toLocaleString('en')
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
const spread = ({ low, high }: Spread): string => `${number(low)} to ${number(high)}`

/** One bench as a Markdown table. */
export function table({ title, rows }: Result): string {
  const lines = rows.map((row) => {
    if ('why' in row) return `| ${row.figure} | not measured: ${row.why} | | | | |`
    const { comparison, unit } = row
    const goal = row.goal === undefined ? '' : `${row.goal}: ${row.met ? 'met' : 'not met'}`
    const ours = `${number(comparison.ours.median)} ${unit} (${row.ours})`
    const peer = `${number(comparison.peer.median)} ${unit} (${row.peer})`
    return `| ${row.figure} | ${ours} | ${peer} | **${number(comparison.ratio.median)}** | ${spread(comparison.ratio)} | ${goal} |`
  })
  return [
    `### ${title}`,
    '',
    '| figure | ours | peer | ratio | 10th to 90th percentile | goal |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n')
}

export async function runBench(bench: Bench, settings: Settings): Promise<Result> {
  try {
    return { name: bench.name, title: bench.title, rows: await bench.run(settings) }
  } catch (error) {
    return { name: bench.name, title: bench.title, rows: [{ figure: bench.title, why: firstLine(error) }] }
  }
}
