/**
 * Counts batches in a consumer, and says `done` to the parent after each `count` that the parent asked for. The number may
 * come before or after the batches.
 */
export class Tally {
  #wanted = Infinity
  #seen = 0

  constructor() {
    process.on('message', (message: { count?: number }) => {
      if (message.count === undefined) return
      this.#wanted = message.count
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
    process.send?.('done')
  }
}
