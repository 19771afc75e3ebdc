import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { cacheDir } from './cache.js'
import { whyCargoFailed } from './why.js'

const run = promisify(execFile)
const manifest = fileURLToPath(new URL('../../../../bench/iceoryx2/Cargo.toml', import.meta.url))
const target = `${cacheDir}/cargo-target-iceoryx2`

/**
 * Nanoseconds of a round trip through iceoryx2 for each round, from bench/iceoryx2, which is built outside the clone; or why
 * there are none.
 */
export async function iceoryx2(args: readonly number[]): Promise<number[] | string> {
  try {
    const cargo = ['build', '--release', '--quiet', '--manifest-path', manifest, '--target-dir', target]
    await run('cargo', cargo)
    const { stdout } = await run(`${target}/release/iceoryx2-bench`, args.map(String))
    return (JSON.parse(stdout) as { ns: number[] }).ns
  } catch (error) {
    return whyCargoFailed('cargo build --manifest-path bench/iceoryx2/Cargo.toml', error)
  }
}
