#!/usr/bin/env node
// Fuzzes each target of native/fuzz for a fixed time: `npm run test:fuzz [-- SECONDS]`, 20 without a number. What an
// earlier run learned in this clone is where the next begins.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { leaveOut, root } from './lib/project.mjs'
import { run } from './lib/run.mjs'

const seconds = process.argv[2] ?? '20'
if (spawnSync('clang++', ['--version']).status !== 0) leaveOut('fuzzing needs clang++ with libFuzzer')
const linked = spawnSync('clang++', ['-x', 'c++', '-fsanitize=fuzzer', '-', '-o', '/dev/null'], {
  input: 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }',
})
if (linked.status !== 0) leaveOut('clang++ is here, and libFuzzer (libfuzzer-dev) is not')

let failed = 0
const targets = ['ipc', 'arena']
for (const target of targets) {
  const { code, output } = await run('bash', [join(root, 'native/fuzz/run.sh'), seconds, target], {
    quiet: true,
  })
  const done = /^Done .*$/m.exec(output)?.[0]
  if (code !== 0 || done === undefined) {
    process.stderr.write(output)
    failed++
  }
  console.log(`fuzzing ${target}: ${done ?? 'did not finish'}`)
}
console.log(`${targets.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
