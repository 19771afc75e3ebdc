import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** True in a clone, false in the published package, which has no sources of the TypeScript part. */
export const isClone = existsSync(join(root, 'src'))

/** Downloads that outlive a clone: `$XDG_CACHE_HOME/qadataswap`. */
export const cacheDir = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'qadataswap')

/** Where cargo compiles to. Outside the clone: a fresh one does not compile arrow and polars again. */
export const cargoTarget = process.env['CARGO_TARGET_DIR'] || join(cacheDir, 'cargo-target')

/** Exit code of a step whose toolchain is missing: nothing was run, nothing failed. */
export const exitLeftOut = 77

/** Ends the program of a step that cannot run here, with the one line that says why. */
export function leaveOut(reason) {
  console.log(`left out: ${reason}`)
  process.exit(exitLeftOut)
}
