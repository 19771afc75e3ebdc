import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net'

import { addon } from '../../native/load_addon.js'
import type { NativeBell } from '../../native/addon.js'

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
  #bell: NativeBell
  readonly #sleepers: Sleeper[] = []
  /** Undefined after it failed: then only the probe wakes the sleepers, until it has opened another. */
  #socket: Socket | undefined
  /** What keeps the process alive: unlike a socket, nothing can take it away. */
  #probe: NodeJS.Timeout | undefined

  constructor() {
    this.#bell = addon().createBell()
    this.#listen()
  }

  /** Arm with the one that is there now; sleepers are woken when it is replaced. */
  get bell(): NativeBell {
    return this.#bell
  }

  #listen(): void {
    // The bytes mean nothing; one read takes every ring since the last.
    const options: SocketConstructorOpts & Pick<ConnectOpts, 'onread'> = {
      fd: this.#bell.fd,
      readable: true,
      writable: false,
      onread: { buffer: new Uint8Array(4096), callback: () => this.#ring() },
    }
    const socket = new Socket(options)
    socket.unref()
    // Why it failed does not matter: 'close' follows.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#lost(socket))
    this.#socket = socket
  }

  /** The next probe opens another, and not this: if they all fail, the loop must not spin. */
  #lost(socket: Socket): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    // With it went a ring, maybe.
    this.#ring()
  }

  #replace(): void {
    try {
      const bell = addon().createBell()
      this.#bell.close()
      this.#bell = bell
      this.#listen()
    } catch {
      // The next probe tries again.
    }
  }

  #ring(): boolean {
    const sleepers = this.#sleepers
    if (sleepers.length === 1) sleepers[0]!.wake()
    else for (const sleeper of [...sleepers]) sleeper.wake()
    return true
  }

  add(sleeper: Sleeper): void {
    if (sleeper.bellPlace !== NO_PLACE) return
    sleeper.bellPlace = this.#sleepers.push(sleeper) - 1
    if (this.#probe === undefined) this.#probe = setInterval(() => this.#look(), PROBE_MS)
    else if (sleeper.bellPlace === 0) this.#probe.ref()
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
    if (this.#sleepers.length > 0) return
    this.#probe?.unref()
    if (parties === 0) closeDoorbell()
  }

  get isAsleep(): boolean {
    return this.#sleepers.length > 0
  }

  /** The timer outlives short sleeps, so that a sleep costs no timer of its own; it stops when it finds nobody asleep. */
  #look(): void {
    if (this.#sleepers.length === 0) {
      this.#stopProbe()
      return
    }
    if (this.#socket === undefined) this.#replace()
    this.#ring()
  }

  #stopProbe(): void {
    clearInterval(this.#probe)
    this.#probe = undefined
  }

  close(): void {
    this.#stopProbe()
    for (const sleeper of this.#sleepers.splice(0)) sleeper.bellPlace = NO_PLACE
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
    this.#bell.close()
  }
}

let current: Doorbell | undefined
let parties = 0
const dropped = new FinalizationRegistry<undefined>(leave)

/** The doorbell of this thread, made at the first sleep. Only between `enter` and `leave`. */
export function doorbell(): Doorbell {
  if (current === undefined) {
    current = new Doorbell()
    process.once('exit', closeDoorbell)
  }
  return current
}

/** Counts a reader or writer in. One that is dropped without `leave` is counted out by the garbage collector. */
export function enterDoorbell(party: object): void {
  parties++
  dropped.register(party, undefined, party)
}

/** The last one out removes the FIFO. */
export function leaveDoorbell(party: object): void {
  if (dropped.unregister(party)) leave()
}

function leave(): void {
  // A wait outlives a reader or writer that the program dropped meanwhile.
  if (--parties === 0 && current?.isAsleep !== true) closeDoorbell()
}

function closeDoorbell(): void {
  process.removeListener('exit', closeDoorbell)
  current?.close()
  current = undefined
}
