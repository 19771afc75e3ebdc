import { readdirSync, readFileSync } from 'node:fs'

const NS_PER_SECOND = 1e9
const MEBI = 2 ** 20
const KIBI = 2 ** 10

/** Seconds of processor time that the threads of a process have used, to the nanosecond. */
export function cpuSeconds(pid: number): number {
  const tasks = `/proc/${pid}/task`
  let ns = 0
  for (const thread of readdirSync(tasks)) {
    ns += Number(readFileSync(`${tasks}/${thread}/schedstat`, 'latin1').split(' ')[0])
  }
  return ns / NS_PER_SECOND
}

/** Memory of a process in MiB, without what it shares with others: an arena is not the process' own. */
export function privateMebibytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no RssAnon`)
  return (Number(kibibytes) * KIBI) / MEBI
}
