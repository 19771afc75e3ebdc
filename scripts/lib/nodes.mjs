import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { cacheDir } from './project.mjs'
import { run } from './run.mjs'

/** The Node versions that are supported and tested: the oldest 20 and one of each later line. */
export const nodeVersions = ['20.19.0', '22.23.3', '24.21.0', '26.10.0']

/**
 * The `node` binary of exactly this version, from the npm package that carries it, downloaded once.
 *
 * @param {string} version one of `nodeVersions`
 * @returns {Promise<string>} path of the binary
 * @throws {Error} with npm's own words when it cannot be had
 */
export async function nodeBinary(version) {
  const platformPackage = `node-${process.platform}-${process.arch}`
  const folder = join(cacheDir, `node-${version}`)
  const binary = join(folder, 'node_modules', platformPackage, 'bin', 'node')
  if (existsSync(binary)) return binary

  mkdirSync(cacheDir, { recursive: true })
  // Beside its final place, then renamed: a download that was broken off is never taken for a whole one.
  const partial = mkdtempSync(join(cacheDir, 'partial-'))
  const { code, output } = await run(
    'npm',
    ['install', '--prefix', partial, '--no-save', '--ignore-scripts', `${platformPackage}@${version}`],
    { cwd: partial, quiet: true },
  )
  try {
    if (code !== 0) throw new Error(`npm could not install ${platformPackage}@${version}:\n${output}`)
    if (!existsSync(binary)) renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return binary
}
