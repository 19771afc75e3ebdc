#!/usr/bin/env node
// Runs what has to work in every runtime that loads the addon in another one than Node: `npm run test:runtimes [-- deno|bun]`,
// Deno without an argument. Needs a build.
import { join } from 'node:path'

import { leaveOut, root } from './lib/project.mjs'
import { run } from './lib/run.mjs'
import { runtimeBinary, runtimes } from './lib/runtimes.mjs'

const [name = 'deno'] = process.argv.slice(2)
if (!(name in runtimes)) {
  console.error(`there is no runtime ${name}: use ${Object.keys(runtimes).join(' or ')}`)
  process.exit(1)
}
let binary
try {
  binary = await runtimeBinary(name)
} catch (error) {
  leaveOut(error.message)
}
const { code, output } = await run(binary, [
  ...runtimes[name].args,
  join(root, 'build/ts/test/runtimes/program.js'),
])
// A runtime that crashed has printed no count.
if (!/^\d+ passed, \d+ failed$/m.test(output)) console.log('0 passed, 1 failed')
process.exit(code)
