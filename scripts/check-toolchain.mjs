#!/usr/bin/env node
// Says in one sentence what the native build needs and this machine lacks.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const minimumCmake = [3, 22]

const answers = (program, args = ['--version']) => {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? stdout : undefined
}

function oldCmake() {
  const version = /version (\d+)\.(\d+)/.exec(answers('cmake') ?? '')
  if (!version) return undefined
  const [major, minor] = [Number(version[1]), Number(version[2])]
  const old = major < minimumCmake[0] || (major === minimumCmake[0] && minor < minimumCmake[1])
  return old ? `${major}.${minor}` : undefined
}

/**
 * The sentence that names what is missing and how to get it, or undefined if the native build can start.
 *
 * @returns {string | undefined}
 */
export function missingToolchain() {
  const missing = []
  if (!answers('g++') && !answers('clang++')) missing.push({ what: 'a C++17 compiler', debian: 'g++' })
  if (!answers('cmake')) missing.push({ what: 'cmake', debian: 'cmake' })
  if (!answers('make')) missing.push({ what: 'make', debian: 'make' })
  if (missing.length > 0) {
    const what = missing.map((tool) => tool.what).join(' and ')
    const packages = missing.map((tool) => tool.debian).join(' ')
    return `QADataSwap's native core needs ${what}; on Debian or Ubuntu install with: apt-get install ${packages}`
  }
  const version = oldCmake()
  if (version) {
    const minimum = minimumCmake.join('.')
    return `QADataSwap's native core needs cmake ${minimum} or later, and this is cmake ${version}; install a newer one with: pip install cmake`
  }
  return undefined
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sentence = missingToolchain()
  if (sentence) {
    console.error(sentence)
    process.exit(1)
  }
}
