#!/usr/bin/env node
// The tests of what crosses a process, run as two users who share a group: `npm run test:users [-- PART...]`, the parts
// being native, node, python, rust and interop. Every arena has the mode 0660, and a process is always the other user
// than the one that started it; native/test/two_users.cpp makes it so. Needs root and a /dev/shm of its own. What a
// part needs beyond that, and is not there, leaves the part out.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { missingToolchain } from './check-toolchain.mjs'
import { buildFolder, jobs } from './lib/native_tests.mjs'
import { cargoTarget, exitLeftOut, leaveOut, root } from './lib/project.mjs'
import { installBinding, PythonMissing, pythonWithPackages } from './lib/python.mjs'
import { run } from './lib/run.mjs'
import { tally } from './lib/tally.mjs'
import { asTwoUsers, inOwnSharedMemory, whyNotTwoUsers } from './lib/two_users.mjs'

const nativeTests = [
  ...['delivery', 'evacuation', 'killed_process', 'stopped_process', 'leaving_process', 'forked_process'],
  ...['doorbell', 'arena', 'crash_points', 'fault'],
]
const nodeTests = ['contract/*', 'core/{process_life,kill,shared_data_frame,leased_slot}', 'streams/adapters']
// A bell that was never shared is its owner's: another user cannot tell that its owner is dead.
const leftOut = ["a killed process' doorbells go with the arena"]

/** Runs a command as the two users; its counts. */
async function test(command, options = {}) {
  const [program, ...args] = asTwoUsers(command)
  const env = { QADS_QUICK: '1', QADS_LEAVE_OUT: leftOut.join('\n'), ...options.env }
  const { code, output } = await run(program, args, { ...options, env })
  return tally(output, code)
}

/** For what the tests need; throws with the compiler's words. */
async function build(command, options) {
  const [program, ...args] = command
  const { code, output } = await run(program, args, { quiet: true, ...options })
  if (code !== 0) throw new Error(`${command.join(' ')} failed:\n${output}`)
  return output
}

class Missing extends Error {}

const parts = {
  async native() {
    const counts = []
    for (const name of nativeTests) {
      counts.push(await test([join(buildFolder('release'), 'native/test', `${name}_test`)]))
    }
    return counts
  },

  async node() {
    const files = nodeTests.map((name) => `build/ts/test/${name}.test.js`)
    return [await test([process.execPath, 'node_modules/ava/entrypoints/cli.mjs', ...files])]
  },

  async python() {
    const python = await pythonWithPackages()
    const env = await installBinding(python)
    const pytest = [python, '-m', 'pytest', '-p', 'no:cacheprovider', 'tests/contract']
    return [await test(pytest, { cwd: join(root, 'bindings/python'), env })]
  },

  async rust() {
    if (spawnSync('cargo', ['--version']).status !== 0) throw new Missing('cargo is not installed')
    const cwd = join(root, 'bindings/rust')
    const made = await build(
      [
        ...['cargo', 'test', '--locked', '--no-run', '--all-features', '--test', 'contract'],
        ...['--message-format', 'json'],
      ],
      { cwd, env: { CARGO_TARGET_DIR: cargoTarget } },
    )
    const program = /"executable":"([^"]*\/contract-[^"]*)"/.exec(made)?.[1]
    if (program === undefined) throw new Error(`cargo does not say where the tests are:\n${made}`)
    return [await test([program], { cwd })]
  },

  async interop() {
    const [program, ...args] = inOwnSharedMemory([process.execPath, 'scripts/test-interop.mjs'])
    const { code, output } = await run(program, args, { env: { QADS_TWO_USERS: '1' } })
    if (code === exitLeftOut) throw new Missing(/^left out: (.*)$/m.exec(output)?.[1])
    return [tally(output, code)]
  },
}

const reason = missingToolchain() ?? whyNotTwoUsers()
if (reason) leaveOut(reason)
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
const total = { passed: 0, failed: 0 }
const lines = leftOut.map((name) => `left out: ${name}`)
const targets = [...nativeTests.map((name) => `${name}_test`), 'qads_two_users']
await build(['cmake', '--preset', 'release', '--log-level=WARNING'])
await build([
  ...['cmake', '--build', buildFolder('release'), '--parallel', jobs],
  ...targets.flatMap((target) => ['--target', target]),
])
for (const part of wanted) {
  try {
    const sum = { passed: 0, failed: 0 }
    for (const { passed, failed } of await parts[part]()) {
      sum.passed += passed
      sum.failed += failed
    }
    total.passed += sum.passed
    total.failed += sum.failed
    lines.push(`two users, ${part}: ${sum.passed} of ${sum.passed + sum.failed}`)
  } catch (error) {
    const isLeftOut = error instanceof Missing || error instanceof PythonMissing
    if (!isLeftOut) total.failed++
    lines.push(`${isLeftOut ? 'left out' : 'failed'}: ${part}: ${error.message}`)
  }
}
console.log(`${lines.join('\n')}\n${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 ? 0 : 1)
