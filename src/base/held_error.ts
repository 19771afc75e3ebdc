/** Errors that wait for what came before them to be taken. */
const held = new Set<HeldError>()

/**
 * An error that must not overtake what was delivered before it. Its owner delivers it when that has been taken; when nothing is left
 * that keeps the process alive, nobody will take it any more, and the error comes then.
 */
export class HeldError {
  readonly #deliver: () => void

  constructor(deliver: () => void) {
    this.#deliver = deliver
    if (held.size === 0) process.on('beforeExit', deliverAll)
    held.add(this)
  }

  /** Only the first call has an effect, and none after `drop`. */
  deliver(): void {
    if (this.drop()) this.#deliver()
  }

  /** Forgets the error. False when it was delivered or dropped before. */
  drop(): boolean {
    if (!held.delete(this)) return false
    if (held.size === 0) process.removeListener('beforeExit', deliverAll)
    return true
  }
}

function deliverAll(): void {
  for (const error of [...held]) error.deliver()
}
