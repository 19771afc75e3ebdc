import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const build = `${root}build/bench`

/** Runs a program of native/bench, built first where it is not, and gives the JSON that it prints. */
export async function nativeProgram<T>(name: string, args: readonly number[]): Promise<T> {
  await run('cmake', ['-S', root, '-B', build, '-DCMAKE_BUILD_TYPE=Release', '-DQADS_BUILD_BENCH=ON'])
  await run('cmake', ['--build', build, '--target', name, '--parallel', '2'])
  const { stdout } = await run(`${build}/native/bench/${name}`, args.map(String))
  return JSON.parse(stdout) as T
}
