import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { constants, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { ExecutionContext } from 'ava'

/** What a task in a child process can do with its parent. */
export interface Parent {
  /** Sends a value that can be structured-cloned. */
  report(value: unknown): void
  /** The next value that the parent tells. */
  told(): Promise<unknown>
}

/** A function that runs in a process of its own: an export of a compiled module. */
export type ChildTask<Args = never> = (args: Args, parent: Parent) => Promise<void>

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

const MAIN = fileURLToPath(new URL('./child_main.js', import.meta.url))
const PAGE_BYTES = 4096

/** A process that runs one task. The test's end kills it, unless it is gone by then. */
export class Child {
  readonly #process: ChildProcess
  readonly #reports: unknown[] = []
  readonly #waiting: ((report: unknown) => void)[] = []
  readonly exit: Promise<Exit>
  stderr = ''

  constructor(t: ExecutionContext, module: string, task: string, args: unknown, env: NodeJS.ProcessEnv = {}) {
    this.#process = fork(MAIN, [module, task, JSON.stringify(args)], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      execArgv: [],
      env: { ...process.env, ...env },
    })
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    this.#process.on('message', (report) => {
      const taker = this.#waiting.shift()
      if (taker === undefined) this.#reports.push(report)
      else taker(report)
    })
    this.exit = once(this.#process, 'close').then((closed) => {
      const [code, signal] = closed as [Exit['code'], Exit['signal']]
      return { code, signal }
    })
    t.teardown(async () => {
      this.kill('SIGKILL')
      await this.exit
    })
  }

  get pid(): number {
    return this.#process.pid!
  }

  /** The next value that the task reports. Fails when the process ends without it. */
  async report(): Promise<unknown> {
    if (this.#reports.length > 0) return this.#reports.shift()
    const report = new Promise((resolve) => this.#waiting.push(resolve))
    const gone = this.exit.then(({ code, signal }) => {
      throw new Error(`the child ended (code ${code}, signal ${signal}) without a report\n${this.stderr}`)
    })
    return Promise.race([report, gone])
  }

  tell(value: unknown): void {
    this.#process.send(value as object)
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Waits for the task's own end, which must be clean. */
  async finished(t: ExecutionContext): Promise<void> {
    const { code, signal } = await this.exit
    t.deepEqual({ code, signal }, { code: 0, signal: null }, this.stderr)
  }

  /** Resident memory in bytes. */
  rss(): number {
    return Number(readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES
  }

  /** CPU time used, in clock ticks. */
  cpuTicks(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return Number(fields[11]) + Number(fields[12])
  }

  /** The doorbells that the process listens to. */
  bells(): string[] {
    return openFiles(this.pid)
      .filter(({ file, writeOnly }) => file.startsWith(`${OURS}bell`) && !writeOnly)
      .map(({ file }) => file)
  }
}

const OURS = '/dev/shm/qads-'

type Pid = number | 'self'

const ACCESS_MODE = 3

/** Whoever rings a doorbell has it open too, to write. */
function openFiles(pid: Pid): { file: string; writeOnly: boolean }[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/${pid}/fd/${fd}`)
      const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))![1]!
      return [{ file, writeOnly: (parseInt(flags, 8) & ACCESS_MODE) === constants.O_WRONLY }]
    } catch {
      return [] // closed since it was listed
    }
  })
}

/** Names in shared memory that a process has open; what it has open without a name goes with it. */
export function sharedFilesOf(pid: Pid): string[] {
  const files = openFiles(pid).map(({ file }) => file)
  return files.filter((file) => file.startsWith(OURS) && !file.endsWith(' (deleted)'))
}
