import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'

import { debianPackage } from './debian.mjs'

/** Debian's doxygen and what it links. */
const packages = ['doxygen', 'libclang-cpp14', 'libclang1-14', 'libllvm14', 'libxapian30']

/**
 * How to start doxygen: the system's, or Debian's in a folder of its own.
 *
 * @returns {Promise<{ program: string, env: Record<string, string> } | undefined>} undefined where neither can be had
 */
export async function findDoxygen() {
  const starts = (program, env = {}) =>
    spawnSync(program, ['--version'], { env: { ...process.env, ...env } }).status === 0
  if (starts('doxygen')) return { program: 'doxygen', env: {} }
  const folders = []
  for (const name of packages) {
    const folder = await debianPackage(name)
    if (folder === undefined) return undefined
    folders.push(folder)
  }
  const libraries = folders.flatMap((folder) => [
    join(folder, 'usr/lib/x86_64-linux-gnu'),
    join(folder, 'usr/lib/aarch64-linux-gnu'),
    join(folder, 'usr/lib/llvm-14/lib'),
  ])
  const program = join(folders[0], 'usr/bin/doxygen')
  const env = { LD_LIBRARY_PATH: libraries.join(delimiter) }
  return starts(program, env) ? { program, env } : undefined
}
