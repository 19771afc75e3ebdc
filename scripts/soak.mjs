#!/usr/bin/env node
// Builds the soak of native/soak and runs it: `npm run soak -- --minutes 60 [--seed N]`. Ends with one line of JSON.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

import { missingToolchain } from './check-toolchain.mjs'
import { root } from './lib/project.mjs'
import { run } from './lib/run.mjs'

const sentence = missingToolchain()
if (sentence) {
  console.error(sentence)
  process.exit(1)
}
const build = join(root, 'build', 'release')
const jobs = process.env['CMAKE_BUILD_PARALLEL_LEVEL'] || String(availableParallelism())
for (const args of [
  ['--preset', 'release', '--log-level=WARNING'],
  ['--build', build, '--parallel', jobs, '--target', 'soak'],
]) {
  const { code, output } = await run('cmake', args, { quiet: true })
  if (code !== 0) {
    process.stderr.write(output)
    process.exit(code)
  }
}
process.exit((await run(join(build, 'native/soak/soak'), process.argv.slice(2))).code)
