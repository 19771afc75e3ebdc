import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'

import { cacheDir, root } from './project.mjs'
import { run } from './run.mjs'

const binding = join(root, 'bindings/python')
const testPackages = join(binding, 'tests/requirements.txt')
const minimum = [3, 10]

/** Why this machine cannot run the Python part; its message goes behind `left out: `. */
export class PythonMissing extends Error {}

/**
 * A Python with everything that a file pins, in a venv of its own in the cache: one for each content of that file and
 * each version of Python.
 *
 * @param {string} [lock] the tests' requirements.txt without one
 * @returns {Promise<string>} path of its `python`
 * @throws {PythonMissing} without Python 3.10 or later, or its venv module
 * @throws {Error} with pip's own words when packages cannot be had
 */
export async function pythonWithPackages(lock = testPackages) {
  const version = await systemPython()
  const key = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 12)
  const folder = join(cacheDir, `python-${version}-${key}`)
  const python = join(folder, 'bin/python')
  if (existsSync(python)) return python

  mkdirSync(cacheDir, { recursive: true })
  // Beside its final place, then renamed: one that was broken off is never taken for a whole one. A venv may be
  // moved as long as only its `python` is called.
  const partial = mkdtempSync(join(cacheDir, 'partial-'))
  try {
    const made = await run('python3', ['-m', 'venv', partial], { quiet: true })
    if (made.code !== 0) {
      throw new PythonMissing('python3 has no working venv module (apt-get install python3-venv)')
    }
    const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--requirement', lock]
    const { code, output } = await run(join(partial, 'bin/python'), install, { quiet: true })
    if (code !== 0) throw new Error(`pip could not install ${lock}:\n${output}`)
    if (!existsSync(python)) renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return python
}

/** The version of `python3`. */
async function systemPython() {
  const { code, output } = await run('python3', ['-c', 'import platform; print(platform.python_version())'], {
    quiet: true,
  })
  const version = output.trim()
  const [major, minor] = version.split('.').map(Number)
  if (code !== 0) throw new PythonMissing('there is no python3 (apt-get install python3-venv python3-dev)')
  if (major < minimum[0] || (major === minimum[0] && minor < minimum[1])) {
    throw new PythonMissing(
      `the package needs Python ${minimum.join('.')} or later, and python3 is ${version}`,
    )
  }
  return version
}

/**
 * Builds bindings/python and installs it below build/python of this clone; what was built before is built on.
 *
 * @param {string} python of `pythonWithPackages`
 * @returns {Promise<Record<string, string>>} the environment in which that Python finds the package
 * @throws {PythonMissing} without Python's headers
 * @throws {Error} with the compiler's own words when the build fails
 */
export async function installBinding(python) {
  const headers = 'import os, sysconfig; print(os.path.exists(sysconfig.get_path("include") + "/Python.h"))'
  if ((await run(python, ['-c', headers], { quiet: true })).output.trim() !== 'True') {
    throw new PythonMissing('Python.h is not there (apt-get install python3-dev)')
  }
  const key = python.slice(cacheDir.length + 1).split('/')[0]
  const site = join(root, 'build/python', key, 'site')
  const options = ['--quiet', '--no-deps', '--no-build-isolation', '--upgrade', '--target', site]
  const tree = `build-dir=${join(root, 'build/python', key, 'tree')}`
  const install = ['-m', 'pip', 'install', ...options, '-C', tree, binding]
  const { code, output } = await run(python, install, { quiet: true })
  if (code !== 0) throw new Error(`bindings/python does not build:\n${output}`)
  const others = process.env['PYTHONPATH']
  return { PYTHONNOUSERSITE: '1', PYTHONPATH: others ? `${site}${delimiter}${others}` : site }
}
