import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { cacheDir } from './cache.js'
import { whyCargoFailed } from './why.js'

const run = promisify(execFile)
const manifest = fileURLToPath(new URL('../../../../bindings/rust/Cargo.toml', import.meta.url))

/** Median nanoseconds of each round, from a ready batch to the first value of a column, or to its first byte. */
interface RustFirstValue {
  readonly column: number[]
  readonly load: number[]
}

/** The benchmark of the Rust crate; or why there is none. */
export async function rustFirstValue(rounds: number): Promise<RustFirstValue | string> {
  try {
    const args = ['bench', '--quiet', '--manifest-path', manifest, '--target-dir', `${cacheDir}/cargo-target`]
    const { stdout } = await run('cargo', [
      ...args,
      '--bench',
      'ring',
      '--',
      '--first-value-json',
      String(rounds),
    ])
    return JSON.parse(stdout) as RustFirstValue
  } catch (error) {
    return whyCargoFailed('cargo bench --manifest-path bindings/rust/Cargo.toml', error)
  }
}
