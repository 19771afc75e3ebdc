import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { cacheDir } from './project.mjs'
import { run } from './run.mjs'

/** Other runtimes that load Node-API addons: the npm package of this machine's binary, its version, and how it runs a program. */
export const runtimes = {
  deno: {
    package: { x64: '@deno/linux-x64-glibc', arm64: '@deno/linux-arm64-glibc' }[process.arch],
    version: '2.9.6',
    binary: 'deno',
    args: ['run', '--allow-all', '--node-modules-dir=manual', '--no-lock'],
  },
  bun: {
    package: { x64: '@oven/bun-linux-x64', arm64: '@oven/bun-linux-aarch64' }[process.arch],
    version: '1.4.5',
    binary: 'bin/bun',
    args: [],
  },
}

/**
 * The binary of a runtime, downloaded once.
 *
 * @param {keyof typeof runtimes} name
 * @returns {Promise<string>} its path
 * @throws {Error} with npm's own words when it cannot be had
 */
export async function runtimeBinary(name) {
  const runtime = runtimes[name]
  if (runtime.package === undefined) throw new Error(`${name} is not made for ${process.arch}`)
  const folder = join(cacheDir, `${name}-${runtime.version}`)
  const binary = join(folder, 'node_modules', runtime.package, runtime.binary)
  if (existsSync(binary)) return binary

  mkdirSync(cacheDir, { recursive: true })
  // Beside its final place, then renamed: a download that was broken off is never taken for a whole one.
  const partial = mkdtempSync(join(cacheDir, 'partial-'))
  const what = `${runtime.package}@${runtime.version}`
  try {
    const { code, output } = await run(
      'npm',
      ['install', '--prefix', partial, '--no-save', '--ignore-scripts', what],
      { cwd: partial, quiet: true },
    )
    if (code !== 0) throw new Error(`npm could not install ${what}: ${output.trim().split('\n').at(-1)}`)
    chmodSync(join(partial, 'node_modules', runtime.package, runtime.binary), 0o755)
    if (!existsSync(binary)) renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return binary
}
