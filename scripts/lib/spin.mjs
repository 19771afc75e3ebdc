import { accessSync, constants, mkdirSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'

import { debianPackage } from './debian.mjs'
import { run } from './run.mjs'

/** A program's path, looked up as a shell does. */
export function programInPath(name) {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return join(folder, name)
    } catch {
      continue
    }
  }
  return undefined
}

/** The model checker spin: the system's, or Debian's in a folder of its own; undefined if neither can be had. */
export async function findSpin() {
  const installed = programInPath('spin')
  if (installed !== undefined) return installed
  const folder = await debianPackage('spin')
  return folder && join(folder, 'usr/bin/spin')
}

const compilerFlags = ['-O1', '-w', '-DCOLLAPSE', '-DMEMLIM=4000']

const preprocessing = (compiler, defines) => [`-P${compiler} -E -x c`, ...defines.map((name) => `-D${name}`)]

/**
 * Explores every state of a model.
 *
 * @param {{ spin: string, compiler: string, source: string, folder: string, defines?: string[], hashBits?: number,
 *   cycles?: boolean }} options `folder` is made and receives what spin writes; `cycles`: looks for runs that go on
 *   for ever without passing a label `progress…`
 * @returns {Promise<{ verdict: 'holds' | 'violated' | 'incomplete', reason: string, states: number,
 *   megabytes: number, seconds: number }>} incomplete: memory or depth ran out, or the model does not compile
 */
export async function explore(options) {
  const { spin, compiler, source, folder, defines = [], hashBits = 22, cycles = false } = options
  mkdirSync(folder)
  const quietly = (program, args) => run(program, args, { cwd: folder, quiet: true })
  const incomplete = (reason) => ({ verdict: 'incomplete', reason, states: 0, megabytes: 0, seconds: 0 })
  const generated = await quietly(spin, [...preprocessing(compiler, defines), '-a', source])
  if (generated.code !== 0) return incomplete(generated.output)
  const search = cycles ? ['-DNP', '-DNOFAIR'] : ['-DSAFETY']
  const compiled = await quietly(compiler, [...compilerFlags, ...search, '-o', 'pan', 'pan.c'])
  if (compiled.code !== 0) return incomplete(compiled.output)
  // -E: a party that is dead, or waits for ever for good reason, stands where it stands. The model's own process
  // asserts what may stand when nothing moves.
  const start = performance.now()
  const { output } = await quietly(join(folder, 'pan'), [
    ...(cycles ? ['-l'] : []),
    ...['-E', '-n', '-m2000000', `-w${hashBits}`],
  ])
  const number = (pattern) => Number(pattern.exec(output)?.[1] ?? 0)
  const found = {
    states: number(/^\s*([\d.e+]+) states, stored/m),
    megabytes: number(/^\s*([\d.]+)\s+total actual memory usage/m),
    seconds: (performance.now() - start) / 1000,
  }
  const assertion = /^pan:\d+: (assertion violated .*|non-progress cycle .*)$/m.exec(output)?.[1]
  if (assertion) return { verdict: 'violated', reason: assertion, ...found }
  if (/errors: 0$/m.test(output) && !/Search not completed|max search depth/.test(output)) {
    return { verdict: 'holds', reason: '', ...found }
  }
  return { verdict: 'incomplete', reason: output, ...found }
}

/** The steps of the run that violates an assertion, as the model names them. */
export async function stepsOfTrail({ spin, compiler, source, folder, defines = [] }) {
  const trail = join(folder, `${basename(source)}.trail`)
  const args = [...preprocessing(compiler, defines), '-T', '-k', trail, source]
  const { output } = await run(spin, args, { cwd: folder, quiet: true })
  return output
}
