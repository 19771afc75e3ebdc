#!/usr/bin/env node
// The whole test: every step that is there, one after the other, whatever became of the steps before. Ends with
// the line "N passed, N failed". `npm run test:all [-- STEP...]` runs the steps whose name starts so.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { excerpt } from './lib/excerpt.mjs'
import { nodeVersions } from './lib/nodes.mjs'
import { exitLeftOut, root } from './lib/project.mjs'
import { run } from './lib/run.mjs'
import { tally } from './lib/tally.mjs'

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const npm = (script, ...args) => ['npm', 'run', '--silent', script, '--', ...args]

const allSteps = [
  // The linter reads types, and the package's own ones exist only after a build.
  { name: 'build', command: npm('build') },
  { name: 'lint', command: npm('lint') },
  ...['release', 'asan', 'tsan'].map((preset) => ({
    name: `native ${preset}`,
    command: npm('test:native', preset),
  })),
  {
    name: `ava on this Node ${process.versions.node}`,
    command: [process.execPath, 'node_modules/ava/entrypoints/cli.mjs'],
  },
  ...nodeVersions.map((version) => ({
    name: `ava on Node ${version}`,
    command: npm('test:node', version),
    env: { QADS_QUICK: '1' },
  })),
  // Steps of other parts join by their npm script.
  ...[
    ...['test:runtimes', 'test:python', 'test:rust', 'test:arrow', 'test:interop'],
    ...['test:docs', 'test:users', 'test:model', 'test:fuzz'],
  ]
    .filter((script) => script in scripts)
    .map((script) => ({ name: script.replace('test:', ''), command: npm(script) })),
]

const wanted = process.argv.slice(2)
const steps =
  wanted.length === 0
    ? allSteps
    : allSteps.filter(({ name }) => wanted.some((start) => name.startsWith(start)))
if (steps.length === 0) {
  console.error(`no such step; there are: ${allSteps.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}

const lines = []
const failures = []
const total = { passed: 0, failed: 0 }
for (const { name, command, env } of steps) {
  console.log(`\n--- ${name}`)
  const start = performance.now()
  const [program, ...args] = command
  const { code, output } = await run(program, args, { env })
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  if (code === exitLeftOut) {
    lines.push(`${name}: ${/^left out: .*$/m.exec(output)?.[0] ?? 'left out'}`)
    continue
  }
  const { passed, failed } = tally(output, code)
  total.passed += passed
  total.failed += failed
  const counts = passed + failed === 0 ? 'done' : `${passed} passed, ${failed} failed`
  lines.push(`${name}: ${counts}, ${seconds} s`)
  if (failed > 0) failures.push(`--- what failed in ${name}\n${excerpt(output)}\n`)
}

for (const failure of failures) console.log(`\n${failure}`)
console.log(`\n${lines.join('\n')}\n${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 ? 0 : 1)
