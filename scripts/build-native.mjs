#!/usr/bin/env node
// Builds the addon, build/native/qadataswap.node, with cmake-js. As npm's `install` script (--install) it does
// nothing in a clone, where `npm run build` builds both halves.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { existsSync } from 'node:fs'

import { missingToolchain } from './check-toolchain.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const isClone = existsSync(resolve(root, 'src'))
if (process.argv.includes('--install') && isClone) process.exit(0)

const sentence = missingToolchain()
if (sentence) {
  console.error(sentence)
  process.exit(1)
}

const args = [
  createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js'),
  'build',
  ...['--directory', root, '--out', resolve(root, 'build/native'), '--config', 'RelWithDebInfo'],
  ...['--prefer-make', '--target', 'qads_addon', '--log-level', 'warn'],
]
// cmake reads this variable itself; the option would override it.
if (!process.env['CMAKE_BUILD_PARALLEL_LEVEL']) args.push('--parallel', String(availableParallelism()))
if (process.env['CI'] && isClone) args.push('--CDQADS_WERROR=ON')

const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root })
process.exit(status ?? 1)
