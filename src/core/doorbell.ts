import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net'

import { addon } from './load_addon.js'
import type { NativeBell } from './native.js'

/** Somebody who sleeps until a peer rings. Woken without reason too: it must check for itself. */
export interface Sleeper {
  wake(): void
  /** The doorbell's: where among the sleepers, or `NO_PLACE`. */
  bellPlace: number
}

export const NO_PLACE = -1

/**
 * A dead writer rings nobody, so sleepers also look this often; looking asks the kernel whether the writer lives.
 * It is how soon a death is noticed, never how soon a batch is.
 */
const PROBE_MS = 250

/**
 * The FIFO that peers ring to wake this event loop: one for all readers and writers of a thread.
 * It keeps the process alive while somebody sleeps on it, as any pending read does, and not otherwise.
 */
class Doorbell {
  readonly bell: NativeBell = addon().createBell()
  readonly #sleepers: Sleeper[] = []
  readonly #socket: Socket
  #probe: NodeJS.Timeout | undefined

  constructor() {
    // The bytes mean nothing; one read takes every ring since the last.
    const options: SocketConstructorOpts & Pick<ConnectOpts, 'onread'> = {
      fd: this.bell.fd,
      readable: true,
      writable: false,
      onread: { buffer: new Uint8Array(4096), callback: () => this.#ring() },
    }
    this.#socket = new Socket(options)
    // Without the FIFO the probe still wakes everybody.
    this.#socket.on('error', () => undefined)
    this.#socket.unref()
  }

  #ring(): boolean {
    const sleepers = this.#sleepers
    if (sleepers.length === 1) sleepers[0]!.wake()
    else for (const sleeper of [...sleepers]) sleeper.wake()
    return true
  }

  add(sleeper: Sleeper): void {
    if (sleeper.bellPlace !== NO_PLACE) return
    if (this.#sleepers.length === 0) this.#socket.ref()
    sleeper.bellPlace = this.#sleepers.push(sleeper) - 1
    this.#probe ??= setInterval(() => this.#look(), PROBE_MS).unref()
  }

  delete(sleeper: Sleeper): void {
    const place = sleeper.bellPlace
    if (place === NO_PLACE) return
    const last = this.#sleepers.pop()!
    if (last !== sleeper) {
      this.#sleepers[place] = last
      last.bellPlace = place
    }
    sleeper.bellPlace = NO_PLACE
    if (this.#sleepers.length === 0) this.#socket.unref()
  }

  /** The timer outlives short sleeps, so that a sleep costs no timer of its own; it stops when it finds nobody asleep. */
  #look(): void {
    if (this.#sleepers.length === 0) this.#stopProbe()
    else this.#ring()
  }

  #stopProbe(): void {
    clearInterval(this.#probe)
    this.#probe = undefined
  }

  close(): void {
    this.#stopProbe()
    for (const sleeper of this.#sleepers.splice(0)) sleeper.bellPlace = NO_PLACE
    this.#socket.destroy()
    this.bell.close()
  }
}

let current: Doorbell | undefined
let parties = 0
const dropped = new FinalizationRegistry<undefined>(leave)

/** The doorbell of this thread, made at the first sleep. Only between `enter` and `leave`. */
export function doorbell(): Doorbell {
  current ??= new Doorbell()
  return current
}

/** Counts a reader or writer in. One that is dropped without `leave` is counted out by the garbage collector. */
export function enterDoorbell(party: object): void {
  if (parties++ === 0) process.once('exit', closeDoorbell)
  dropped.register(party, undefined, party)
}

/** The last one out removes the FIFO. */
export function leaveDoorbell(party: object): void {
  if (dropped.unregister(party)) leave()
}

function leave(): void {
  if (--parties > 0) return
  process.removeListener('exit', closeDoorbell)
  closeDoorbell()
}

function closeDoorbell(): void {
  current?.close()
  current = undefined
}
