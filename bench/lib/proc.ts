import { readFileSync } from 'node:fs'

/** USER_HZ: what the kernel counts in, whatever its own tick is. */
const TICKS_PER_SECOND = 100

/** Seconds of processor time that a process has used, user and system, all its threads. Whole hundredths. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field is the program's name in brackets, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

const MEBI = 2 ** 20
const KIBI = 2 ** 10

/** Memory of a process in MiB, without what it shares with others: an arena is not the process' own. */
export function privateMebibytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no RssAnon`)
  return (Number(kibibytes) * KIBI) / MEBI
}
