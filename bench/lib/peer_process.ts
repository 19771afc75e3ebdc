import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process that runs one of the programs in bench/consumers; it says when it has done what it was asked. */
export class PeerProcess {
  readonly process: ChildProcess

  constructor(program: string, args: readonly string[]) {
    this.process = fork(fileURLToPath(new URL(`../consumers/${program}.js`, import.meta.url)), args, {
      serialization: 'advanced',
    })
  }

  /** The next message from the process. */
  async said<T>(): Promise<T> {
    const gone = once(this.process, 'exit').then(([code]) => {
      throw new Error(`a bench process ended with code ${String(code)}`)
    })
    // Whichever loses the race may still reject later.
    gone.catch(() => undefined)
    const [message] = (await Promise.race([once(this.process, 'message'), gone])) as [T]
    return message
  }

  tell(message: object): void {
    this.process.send(message)
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    this.process.kill()
    await once(this.process, 'exit')
  }
}
