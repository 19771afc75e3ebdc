import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const folder = `${root}build/bench`
const builds = new Map<string, Promise<void>>()

/** Runs a program of native/bench, built first where it is not, and gives the JSON that it prints. */
export async function nativeProgram<T>(name: string, args: readonly number[]): Promise<T> {
  let built = builds.get(name)
  if (built === undefined) builds.set(name, (built = build(name)))
  await built
  const { stdout } = await run(`${folder}/native/bench/${name}`, args.map(String))
  return JSON.parse(stdout) as T
}

async function build(name: string): Promise<void> {
  await run('cmake', ['-S', root, '-B', folder, '-DCMAKE_BUILD_TYPE=Release', '-DQADS_BUILD_BENCH=ON'])
  await run('cmake', ['--build', folder, '--target', name, '--parallel', '2'])
}
