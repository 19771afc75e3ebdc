import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = '/dev/shm'
const MAGIC = Buffer.from('ARROW1\0\0')

/** A peer that writes into an arena's file behind everybody's back. */
export class Peer {
  readonly #path: string

  constructor(name: string) {
    const file = readdirSync(FOLDER).find((entry) => entry === `qads-arena.${name}`)
    if (file === undefined) throw new Error(`no file of arena ${name}`)
    this.#path = join(FOLDER, file)
  }

  /** Where the first slot of the ring begins in the file, and its bytes up to its own length. */
  slot(length: number): { at: number; bytes: Uint8Array } {
    const whole = readFileSync(this.#path)
    const at = whole.indexOf(MAGIC)
    if (at < 0) throw new Error('no slot in the ring')
    return { at, bytes: Uint8Array.from(whole.subarray(at, at + length)) }
  }

  overwrite(at: number, bytes: Uint8Array): void {
    const file = openSync(this.#path, 'r+')
    writeSync(file, bytes, 0, bytes.length, at)
    closeSync(file)
  }
}
