import { Transform, type TransformCallback } from 'node:stream'

/** What a transform does: outputs for each input, and at the end. They are made one at a time, as they are asked for. */
export interface Step<In, Out> {
  each(input: In): Iterable<Out>
  end?(): Iterable<Out>
}

/** Chunks that each side holds. Batches are large, and the ring is the buffer that counts. */
const HIGH_WATER_MARK = 2

/**
 * A Transform in object mode that gives several outputs for one input without queueing them: when its consumer is full, it
 * stops in the middle.
 */
export class BatchTransform<In, Out> extends Transform {
  readonly #step: Step<In, Out>
  #outputs: Iterator<Out> | undefined
  #exhausted: TransformCallback | undefined
  #giving = false

  constructor(step: Step<In, Out>) {
    super({ objectMode: true, highWaterMark: HIGH_WATER_MARK })
    this.#step = step
  }

  override _transform(input: In, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#start(() => this.#step.each(input), callback)
  }

  override _flush(callback: TransformCallback): void {
    this.#start(() => this.#step.end?.() ?? [], callback)
  }

  override _read(size: number): void {
    if (this.#outputs === undefined) super._read(size)
    else this.#give()
  }

  override [Symbol.asyncIterator](): NodeJS.AsyncIterator<Out> {
    return super[Symbol.asyncIterator]() as NodeJS.AsyncIterator<Out>
  }

  #start(outputs: () => Iterable<Out>, callback: TransformCallback): void {
    this.#exhausted = callback
    try {
      this.#outputs = outputs()[Symbol.iterator]()
    } catch (error) {
      this.#finish(error as Error)
      return
    }
    this.#give()
  }

  /** Pushes until refused; the next `_read` goes on. A push may ask for more before it returns. */
  #give(): void {
    if (this.#giving) return
    this.#giving = true
    try {
      for (;;) {
        const output = this.#outputs!.next()
        if (output.done === true) {
          this.#finish()
          return
        }
        if (!this.push(output.value)) return
      }
    } catch (error) {
      this.#finish(error as Error)
    } finally {
      this.#giving = false
    }
  }

  #finish(error?: Error): void {
    const callback = this.#exhausted!
    this.#outputs = undefined
    this.#exhausted = undefined
    callback(error)
  }
}
