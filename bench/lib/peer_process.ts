import { type ChildProcess, fork, type Serializable } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const LEAVE = new URL('leave_with_parent.js', import.meta.url).href
const PATIENCE_MS = 10_000

interface Listener {
  readonly resolve: (message: unknown) => void
  readonly reject: (error: Error) => void
}

/** A process that runs one of the programs in bench/consumers; it says when it has done what it was asked. */
export class PeerProcess {
  readonly process: ChildProcess
  readonly #unheard: unknown[] = []
  readonly #listeners: Listener[] = []
  #end: Error | undefined

  constructor(program: string, args: readonly string[]) {
    this.process = fork(fileURLToPath(new URL(`../consumers/${program}.js`, import.meta.url)), args, {
      serialization: 'advanced',
      execArgv: ['--import', LEAVE],
    })
    this.process.on('message', (message) => {
      const listener = this.#listeners.shift()
      if (listener === undefined) this.#unheard.push(message)
      else listener.resolve(message)
    })
    this.process.once('exit', (code, signal) => {
      this.#end = new Error(`the bench process "${program}" ended with ${String(code ?? signal)}`)
      for (const { reject } of this.#listeners.splice(0)) reject(this.#end)
    })
  }

  /** The next message from the process. */
  said<T>(): Promise<T> {
    if (this.#unheard.length > 0) return Promise.resolve(this.#unheard.shift() as T)
    if (this.#end !== undefined) return Promise.reject(this.#end)
    return new Promise<T>((resolve, reject) => {
      this.#listeners.push({ resolve: resolve as Listener['resolve'], reject })
    })
  }

  tell(message: Serializable): void {
    this.process.send(message)
  }

  /** Lets the process go; resolves when it has ended, and has left no name in shared memory. */
  async stop(): Promise<void> {
    if (this.#end !== undefined) return
    const ended = once(this.process, 'exit')
    const timer = setTimeout(() => this.process.kill('SIGKILL'), PATIENCE_MS)
    if (this.process.connected) this.process.disconnect()
    await ended
    clearTimeout(timer)
  }
}
