#!/usr/bin/env node
// Builds and runs the native tests: `npm run test:native [-- PRESET...]`, the presets of CMakePresets.json being
// release, asan (address and undefined behaviour) and tsan (threads). All three without an argument.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, machine, tmpdir } from 'node:os'
import { join } from 'node:path'

import { missingToolchain } from './check-toolchain.mjs'
import { exitLeftOut, root } from './lib/project.mjs'
import { run } from './lib/run.mjs'
import { tally } from './lib/tally.mjs'

const sanitizers = { asan: 'address,undefined', tsan: 'thread' }
const presets = process.argv.length > 2 ? process.argv.slice(2) : ['release', 'asan', 'tsan']
const jobs = process.env['CMAKE_BUILD_PARALLEL_LEVEL'] || String(availableParallelism())

const environment = {
  ASAN_OPTIONS: 'detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
  TSAN_OPTIONS: 'second_deadlock_stack=1',
}

/**
 * How a program built with this sanitizer can be run here: the words to put before it, or undefined if it cannot.
 * ThreadSanitizer fails at start on kernels that randomise more address bits than it knows; without
 * randomisation it runs on all of them.
 */
async function wayToRun(sanitizer) {
  const folder = mkdtempSync(join(tmpdir(), 'qads-sanitizer-'))
  try {
    const source = join(folder, 'main.cpp')
    const program = join(folder, 'main')
    writeFileSync(source, 'int main() { return 0; }\n')
    const compiler = process.env['CXX'] || 'c++'
    const compiled = await run(compiler, [`-fsanitize=${sanitizer}`, source, '-o', program], { quiet: true })
    if (compiled.code !== 0) return undefined
    for (const prefix of [[], ['setarch', machine(), '-R']]) {
      const [first, ...rest] = [...prefix, program]
      if ((await run(first, rest, { quiet: true })).code === 0) return prefix
    }
    return undefined
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function testPreset(preset) {
  const build = join(root, 'build', preset)
  let prefix = []
  if (preset in sanitizers) {
    const found = await wayToRun(sanitizers[preset])
    if (!found) {
      console.log(
        `left out: ${preset}, because programs with -fsanitize=${sanitizers[preset]} do not run here`,
      )
      return exitLeftOut
    }
    prefix = found
  }
  const commands = [
    ['cmake', '--preset', preset, '--log-level=WARNING'],
    ['cmake', '--build', build, '--parallel', jobs],
    [...prefix, 'ctest', '--test-dir', build, '--parallel', jobs, '--verbose'],
  ]
  let output = ''
  let code = 0
  for (const [program, ...args] of commands) {
    const quiet = program === 'cmake'
    const result = await run(program, args, { env: environment, quiet })
    if (quiet && (result.code !== 0 || /warning/i.test(result.output))) process.stderr.write(result.output)
    output = result.output
    code = result.code
    if (code !== 0) break
  }
  const { passed, failed } = tally(output, code)
  console.log(`native tests, ${preset}: ${passed} passed, ${failed} failed`)
  return code
}

const sentence = missingToolchain()
if (sentence) {
  console.error(sentence)
  process.exit(1)
}
const codes = []
for (const preset of presets) codes.push(await testPreset(preset))
if (codes.every((code) => code === exitLeftOut)) process.exit(exitLeftOut)
process.exit(codes.every((code) => code === 0 || code === exitLeftOut) ? 0 : 1)
