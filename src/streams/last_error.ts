import { type Readable, Transform, type Writable } from 'node:stream'

import { HeldError } from '../base/held_error.js'

/** A Writable that took a chunk at once does not tell when it is done with it, so it is looked at. */
const FIRST_LOOK_MS = 1
const LAST_LOOK_MS = 50

/**
 * Makes the error of a stream the last thing that its consumer gets. Destroying a stream drops what it has buffered, what its
 * destinations in a pipeline have, and what a web stream over it has queued; so the stream is destroyed only when its consumer has
 * taken everything and asks for more, and nothing that it gave is under way behind it.
 */
export class LastError {
  readonly #stream: Readable
  readonly #isEmpty: () => boolean
  #asked = false
  #held: HeldError | undefined
  #lookMs = FIRST_LOOK_MS
  #timer: NodeJS.Timeout | undefined
  #stopListening: (() => void) | undefined

  /** @param isEmpty Whether all that the stream will give has been taken from it. */
  constructor(stream: Readable, isEmpty: () => boolean) {
    this.#stream = stream
    this.#isEmpty = isEmpty
  }

  /** Whether the stream has failed and the error waits. */
  get isHeld(): boolean {
    return this.#held !== undefined
  }

  /** Call before each `push`. */
  pushing(): void {
    this.#asked = false
  }

  /** Call with what each `read` of the consumer gave. */
  read(chunk: unknown, size: number | undefined): void {
    if (chunk !== null) this.#asked = false
    else if (size !== 0) {
      this.#asked = true
      this.#look()
    }
  }

  /** The stream has failed, and pushes nothing more. `destroy` is called with nothing of it under way. */
  failed(destroy: () => void): void {
    if (this.#stream.destroyed) return
    this.#held = new HeldError(() => {
      this.drop()
      destroy()
    })
    this.#look()
  }

  /** Call when the stream is destroyed. */
  drop(): void {
    this.#stopWaiting()
    this.#held?.drop()
    this.#held = undefined
  }

  #look(): void {
    if (this.#held === undefined || !this.#isEmpty()) return
    // A consumer that is told by events asks with `read`; one that data flows to has paused it, or is ready for more.
    if (!this.#asked && this.#stream.readableFlowing !== true) return
    const busy = busyBehind(this.#stream)
    if (busy === undefined) this.#held.deliver()
    else this.#waitFor(busy)
  }

  #waitFor(busy: Writable): void {
    this.#stopWaiting()
    this.#timer = setTimeout(() => this.#look(), this.#lookMs)
    this.#lookMs = Math.min(2 * this.#lookMs, LAST_LOOK_MS)
    if (!(busy instanceof Transform) || !isUntaken(busy)) return
    // Its consumer may never come back, and this must not keep the process alive for it.
    this.#timer.unref()
    if (busy.readableFlowing === false) this.#listen(busy)
  }

  /** Looks again after the consumer of a stream did something. With data flowing, a listener for data would start it. */
  #listen(untaken: Transform): void {
    const soon = () => {
      this.#lookMs = FIRST_LOOK_MS
      this.#timer?.refresh().ref()
    }
    untaken.on('data', soon).on('resume', soon)
    this.#stopListening = () => untaken.off('data', soon).off('resume', soon)
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer)
    this.#stopListening?.()
    this.#stopListening = undefined
  }
}

/** Node has no public list of them. */
function destinationsOf(stream: Readable): readonly Writable[] {
  return (stream as { _readableState?: { pipes?: Writable[] } })._readableState?.pipes ?? []
}

/** The last of the streams that this one was piped into in which something is under way. */
function busyBehind(stream: Readable): Writable | undefined {
  for (const destination of destinationsOf(stream)) {
    if (destination.destroyed) continue
    if (destination instanceof Transform) {
      const busy = busyBehind(destination) ?? (isUntaken(destination) ? destination : undefined)
      if (busy !== undefined) return busy
    }
    if (destination.writableLength > 0) return destination
  }
  return undefined
}

/** Whether a consumer has not taken what is there, or has paused the stream because it is full. One that is told by events has not paused it. */
function isUntaken(stream: Transform): boolean {
  if (stream.readableLength > 0) return true
  return stream.readableFlowing === false && stream.listenerCount('readable') === 0
}
