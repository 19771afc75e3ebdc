#!/usr/bin/env node
// Tests the Rust crate: `npm run test:rust [-- PART...]`. The parts are release (all features and none, documentation,
// examples), asan and tsan (the core and the crate under the address and thread sanitizers); all three without a word.
import { spawnSync } from 'node:child_process'
import { machine } from 'node:os'
import { join } from 'node:path'

import { cargoTarget, exitLeftOut, leaveOut, root } from './lib/project.mjs'
import { run } from './lib/run.mjs'

const crate = join(root, 'bindings/rust')
const sanitizers = { asan: 'address', tsan: 'thread' }

const answers = (program, ...args) => {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? stdout : undefined
}

/** Runs cargo in the crate; its exit code. Only tests' output counts tests, so nothing is quiet. */
async function cargo(args, env = {}) {
  const { code } = await run('cargo', args, {
    cwd: crate,
    env: { CARGO_TARGET_DIR: cargoTarget, CARGO_TERM_COLOR: 'never', ...env },
  })
  return code
}

async function testRelease() {
  const steps = [
    [['test', '--locked', '--no-default-features', '--lib', '--tests']],
    [['test', '--locked', '--workspace', '--all-features']],
    [['check', '--locked', '--all-targets', '--quiet']],
    [['doc', '--locked', '--no-deps', '--all-features', '--quiet'], { RUSTDOCFLAGS: '-D warnings' }],
  ]
  let failed = 0
  for (const [args, env] of steps) failed ||= await cargo(args, env)
  return failed
}

/** Sanitizers are unstable flags of the compiler, which the stable one takes when it is told so. */
async function testSanitized(sanitizer) {
  const triple = /^host: (.*)$/m.exec(answers('rustc', '--version', '--verbose') ?? '')?.[1]
  const env = {
    RUSTC_BOOTSTRAP: '1',
    // The standard library is not instrumented, which the compiler takes for a mistake with threads.
    RUSTFLAGS: `-Zsanitizer=${sanitizer} -Cunsafe-allow-abi-mismatch=sanitizer -Cforce-frame-pointers=yes`,
    CARGO_TARGET_DIR: join(cargoTarget, `sanitize-${sanitizer}`),
    // The runtime that is linked is LLVM's.
    ...(answers('clang++', '--version') ? { CXX: 'clang++', CC: 'clang' } : {}),
    ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1',
    TSAN_OPTIONS: `second_deadlock_stack=1:suppressions=${join(crate, 'tsan.supp')}`,
    // ThreadSanitizer fails at start on kernels that randomise more address bits than it knows.
    CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER: `setarch ${machine()} -R`,
  }
  if (!triple) return 1
  return cargo(
    [
      ...[
        'test',
        '--locked',
        '--target',
        triple,
        '--features',
        'tokio',
        '--lib',
        '--tests',
        '--no-fail-fast',
      ],
      // What the harness's threads share is not instrumented; with one, there is little of it.
      ...['--', '--test-threads=1'],
    ],
    env,
  )
}

if (!answers('cargo', '--version')) leaveOut('cargo is not installed; get it from https://rustup.rs')
if (!answers('g++', '--version') && !answers('clang++', '--version')) {
  leaveOut('there is no C++ compiler for the core (apt-get install g++)')
}
const parts = process.argv.length > 2 ? process.argv.slice(2) : ['release', 'asan', 'tsan']
const codes = []
for (const part of parts) {
  console.log(`rust, ${part}`)
  codes.push(part in sanitizers ? await testSanitized(sanitizers[part]) : await testRelease())
}
if (codes.every((code) => code === exitLeftOut)) process.exit(exitLeftOut)
process.exit(codes.find((code) => code !== 0) ?? 0)
