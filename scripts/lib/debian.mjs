import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { cacheDir } from './project.mjs'
import { run } from './run.mjs'

/**
 * The content of a Debian package in a folder of its own, downloaded once: nothing is installed, no right is needed.
 *
 * @param {string} name
 * @returns {Promise<string | undefined>} the folder that has the package's `usr`; undefined where apt does not know it
 */
export async function debianPackage(name) {
  const folder = join(cacheDir, 'debian', name)
  if (existsSync(folder)) return folder
  const draft = mkdtempSync(join(tmpdir(), `qads-${name}-`))
  try {
    const downloaded = await run('apt-get', ['download', name], { cwd: draft, quiet: true })
    const archive = readdirSync(draft).find((file) => file.endsWith('.deb'))
    if (downloaded.code !== 0 || archive === undefined) return undefined
    mkdirSync(join(cacheDir, 'debian'), { recursive: true })
    const unpacked = mkdtempSync(`${folder}-`)
    const { code } = await run('dpkg-deb', ['-x', join(draft, archive), unpacked], { quiet: true })
    // Another process may have been faster: its folder is as good.
    if (code !== 0 || existsSync(folder)) rmSync(unpacked, { recursive: true })
    else renameSync(unpacked, folder)
    return existsSync(folder) ? folder : undefined
  } finally {
    rmSync(draft, { recursive: true })
  }
}
