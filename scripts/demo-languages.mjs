#!/usr/bin/env node
// Three languages at one arena: `npm run demo:languages`. Python writes the flights as Polars DataFrames; Node with RxJS
// and Rust with Polars read them at the same time. All three tell their sums, which must be equal.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, URL } from 'node:url'

import { rustProgram } from './lib/interop.mjs'
import { leaveOut, root } from './lib/project.mjs'
import { installBinding, PythonMissing, pythonWithPackages } from './lib/python.mjs'
import { run } from './lib/run.mjs'

const arena = `flights-three-languages-${process.pid}`
const flights = fileURLToPath(new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')))

/** Rows, and of each column how many are null and their sum, without the names that each language gives to types. */
function totals(output) {
  const columns = [...output.matchAll(/^(\w+): .*, (\d+) null, sum (\S+)$/gm)]
  const of = columns.map(([, name, nulls, sum]) => [name, Number(nulls), sum === '-' ? sum : Number(sum)])
  return JSON.stringify([Number(/^(\d+) rows$/m.exec(output)?.[1]), of])
}

async function main() {
  const python = await pythonWithPackages()
  const env = await installBinding(python)
  const rust = await rustProgram('qadataswap-example', 'frame_reader')
  if (rust === undefined) leaveOut('cargo is not installed (https://rustup.rs)')
  const consumer = join(root, 'build/ts/examples/three_languages/consumer.js')
  if (!existsSync(consumer)) throw new Error('nothing is built: npm run build')

  const parties = [
    [
      'Python, Polars, the writer',
      python,
      [join(root, 'examples/three_languages/writer.py'), arena, flights],
      env,
    ],
    ['Node.js, RxJS', process.execPath, [consumer, arena], {}],
    ['Rust, Polars', rust, [arena], {}],
  ]
  const results = await Promise.all(
    parties.map(async ([title, program, args, env]) => ({
      title,
      ...(await run(program, args, { env, quiet: true })),
    })),
  )
  for (const { title, code, output } of results) {
    console.log(`${title}:\n${output.replace(/^/gm, '  ').trimEnd()}`)
    if (code !== 0) throw new Error(`${title} ended with code ${code}`)
  }
  const [expected, ...others] = results.map(({ output }) => totals(output))
  if (others.some((other) => other !== expected)) {
    throw new Error(`they do not agree:\n${[expected, ...others].join('\n')}`)
  }
  console.log('all three agree')
}

try {
  await main()
} catch (error) {
  if (error instanceof PythonMissing) leaveOut(error.message)
  console.error(error.message)
  process.exit(1)
}
