import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, machine, tmpdir } from 'node:os'
import { join } from 'node:path'

import { exitLeftOut, root } from './project.mjs'
import { run } from './run.mjs'
import { tally } from './tally.mjs'

/** The presets of CMakePresets.json, each with its sanitizers. */
const sanitizers = { release: undefined, asan: 'address,undefined', tsan: 'thread' }

/** The presets that the command line names; all without one. */
export function presetsOf(words) {
  const wrong = words.find((word) => !(word in sanitizers))
  if (wrong !== undefined) {
    console.error(`no such preset: ${wrong}; there are ${Object.keys(sanitizers).join(', ')}`)
    process.exit(1)
  }
  return words.length > 0 ? words : Object.keys(sanitizers)
}

export const jobs = process.env['CMAKE_BUILD_PARALLEL_LEVEL'] || String(availableParallelism())

/** Where a preset is built. */
export const buildFolder = (preset) => join(root, 'build', preset)

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

/**
 * Builds and runs the native tests of one preset, and prints their count under `title`.
 *
 * @param {string} preset
 * @param {object} what
 * @param {string} what.title
 * @param {string[]} [what.configure] more arguments for cmake's first step
 * @param {string[]} [what.targets] what to build; everything if absent
 * @param {string[]} [what.select] arguments for ctest that choose tests
 * @param {Record<string, string>} [what.options] more options for the sanitizers, by the name of their variable
 * @returns {Promise<number>} the exit code
 */
export async function testPreset(preset, { title, configure = [], targets = [], select = [], options = {} }) {
  const build = buildFolder(preset)
  const sanitizer = sanitizers[preset]
  let prefix = []
  if (sanitizer !== undefined) {
    const found = await wayToRun(sanitizer)
    if (!found) {
      console.log(`left out: ${preset}, because programs with -fsanitize=${sanitizer} do not run here`)
      return exitLeftOut
    }
    prefix = found
  }
  const env = { ...environment }
  for (const [name, value] of Object.entries(options)) env[name] = `${env[name]}:${value}`
  const commands = [
    ['cmake', '--preset', preset, '--log-level=WARNING', ...configure],
    ['cmake', '--build', build, '--parallel', jobs, ...targets.flatMap((target) => ['--target', target])],
    [...prefix, 'ctest', '--test-dir', build, '--parallel', jobs, '--verbose', '--no-tests=error', ...select],
  ]
  let output = ''
  let code = 0
  for (const [program, ...args] of commands) {
    const quiet = program === 'cmake'
    const result = await run(program, args, { env, quiet })
    if (quiet && (result.code !== 0 || /warning/i.test(result.output))) process.stderr.write(result.output)
    output = result.output
    code = result.code
    if (code !== 0) break
  }
  const { passed, failed } = tally(output, code)
  console.log(`${title}, ${preset}: ${passed} passed, ${failed} failed`)
  return code
}

/** The exit code of a step, from those of its presets. */
export function exitCodeOf(codes) {
  if (codes.every((code) => code === exitLeftOut)) return exitLeftOut
  return codes.every((code) => code === 0 || code === exitLeftOut) ? 0 : 1
}
