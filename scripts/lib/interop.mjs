import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { buildFolder, jobs } from './native_tests.mjs'
import { cargoTarget, root } from './project.mjs'
import { installBinding, pythonWithPackages } from './python.mjs'
import { run } from './run.mjs'

/**
 * A language that takes part, by how its programs are started: `program('send')` is a command line.
 *
 * @typedef {{ program: (name: string) => string[], env?: Record<string, string> }} Side
 */

async function build(program, args, options) {
  const { code, output } = await run(program, args, { quiet: true, ...options })
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} failed:\n${output}`)
}

/** @returns {Side} */
export function nodeSide() {
  const folder = join(root, 'build/ts/test/interop')
  if (!existsSync(join(folder, 'send.js'))) throw new Error('nothing is built: npm run build')
  return { program: (name) => [process.execPath, join(folder, `${name}.js`)] }
}

/** @returns {Promise<Side>} throws PythonMissing without what it needs */
export async function pythonSide() {
  const python = await pythonWithPackages()
  const env = await installBinding(python)
  return { program: (name) => [python, join(root, 'test/interop/python', `${name}.py`)], env }
}

/**
 * Builds a program of the Rust workspace with polars, and puts it into this clone's own build folder: other clones
 * compile to the same one.
 *
 * @returns {Promise<string | undefined>} its path; undefined without cargo
 */
export async function rustProgram(crate, name) {
  if (spawnSync('cargo', ['--version']).status !== 0) return undefined
  const options = ['--quiet', '--locked', '--package', crate, '--features', 'polars', '--bin', name]
  const cwd = join(root, 'bindings/rust')
  await build('cargo', ['build', ...options], { cwd, env: { CARGO_TARGET_DIR: cargoTarget } })
  const folder = join(root, 'build/interop')
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(cargoTarget, 'debug', name), join(folder, name))
  return join(folder, name)
}

/** @returns {Promise<Side | string>} or why it cannot take part */
export async function rustSide() {
  const programs = {}
  for (const name of ['send', 'receive', 'relay']) {
    programs[name] = await rustProgram('qadataswap-interop', `interop_${name}`)
  }
  if (programs.send === undefined) return 'cargo is not installed (https://rustup.rs)'
  return { program: (name) => [programs[name]] }
}

/** Arrow C++ comes from pyarrow. @returns {Promise<Side>} */
export async function cppSide() {
  const python = await pythonWithPackages()
  const folder = buildFolder('release')
  const configure = ['-DQADS_BUILD_ARROW=ON', `-DQADS_PYTHON=${python}`]
  await build('cmake', ['--preset', 'release', '--log-level=WARNING', ...configure])
  await build('cmake', ['--build', folder, '--parallel', jobs, '--target', 'qads_interop'])
  return { program: (name) => [join(folder, 'native/arrow/test', `qads_interop_${name}`)] }
}
