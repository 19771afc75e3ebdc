/** Chunks whose beginning can be looked at before they are read. */
export class Rewound {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #seen: Uint8Array[] = []
  #bytes = 0
  #done = false
  /** What the source failed with. */
  failure: unknown

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Fewer bytes only where the source ends. */
  async readAt(position: number, length: number): Promise<Uint8Array> {
    while (this.#bytes < position + length) {
      const chunk = await this.#next()
      if (chunk === undefined) break
      this.#seen.push(chunk)
      this.#bytes += chunk.length
    }
    // What was gathered is kept as one, so that the next look is cheap.
    if (this.#seen.length > 1) this.#seen.splice(0, Infinity, Buffer.concat(this.#seen))
    return this.#seen[0]?.subarray(position, position + length) ?? new Uint8Array(0)
  }

  /** Reads everything, and gives its size. */
  async gather(): Promise<number> {
    await this.readAt(0, Infinity)
    return this.#bytes
  }

  /** All chunks, from the first. */
  async *whole(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.#seen
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) yield chunk
  }

  /** Tells the source that no more is read of it. */
  async close(): Promise<void> {
    if (this.#done) return
    this.#done = true
    await this.#source.return?.()
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#done) return undefined
    try {
      const next = await this.#source.next()
      if (next.done !== true) return next.value
      this.#done = true
      return undefined
    } catch (error) {
      this.#done = true
      this.failure = error
      throw error
    }
  }
}
