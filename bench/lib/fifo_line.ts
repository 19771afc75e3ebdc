import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const BYTE = Buffer.from('r')

/** Two FIFOs, and nothing around them: the least that one Node process needs to be woken by another. */
export class FifoLine {
  readonly #ear: Socket
  readonly #mouth: number

  constructor(hear: string, say: string, heard: () => void) {
    // For both directions, so that neither waits for the other to open it, and the end of one reads as no end.
    const open = (path: string) => openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    this.#mouth = open(say)
    const options: SocketConstructorOpts & Pick<ConnectOpts, 'onread'> = {
      fd: open(hear),
      readable: true,
      writable: false,
      onread: {
        buffer: new Uint8Array(64),
        callback: () => {
          heard()
          return true
        },
      },
    }
    this.#ear = new Socket(options)
  }

  ring(): void {
    writeSync(this.#mouth, BYTE)
  }

  close(): void {
    this.#ear.destroy()
    closeSync(this.#mouth)
  }
}

/** Makes the FIFOs of one line, there and back, in a folder of their own. */
export function makeFifos(): { there: string; back: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'bench-fifo-'))
  const [there, back] = [join(folder, 'there'), join(folder, 'back')]
  execFileSync('mkfifo', [there, back])
  return { there, back, remove: () => rmSync(folder, { recursive: true }) }
}
