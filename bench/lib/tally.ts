import { parentPort } from 'node:worker_threads'

interface Request {
  readonly count?: number
}

/** Listens to what the process or thread that started this one says. */
export function hear(listener: (message: never) => void): void {
  if (parentPort) parentPort.on('message', listener as (message: unknown) => void)
  else process.on('message', listener as (message: unknown) => void)
}

/** Says something to the process or thread that started this one. */
export function say(message: unknown): void {
  if (parentPort) parentPort.postMessage(message)
  else process.send?.(message)
}

/**
 * Counts batches in a consumer, and says `done` to the parent after each `count` that the parent asked for. The number may
 * come before or after the batches.
 */
export class Tally {
  #wanted = Infinity
  #seen = 0

  constructor() {
    hear(({ count }: Request) => {
      if (count === undefined) return
      this.#wanted = count
      this.#report()
    })
  }

  add(): void {
    this.#seen++
    this.#report()
  }

  #report(): void {
    if (this.#seen < this.#wanted) return
    this.#seen -= this.#wanted
    this.#wanted = Infinity
    say('done')
  }
}
