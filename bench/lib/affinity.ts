import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The processors that this process may run on. */
export function processors(): number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number) as [number, number?]
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

/** Lets all threads of a process run on these processors only, by the `taskset` of util-linux; false where it is missing. */
export async function pin(pid: number, cpus: readonly number[]): Promise<boolean> {
  try {
    await run('taskset', ['-a', '-p', '-c', cpus.join(','), String(pid)])
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
