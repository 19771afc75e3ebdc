import { Transform, type TransformCallback } from 'node:stream'

import { validateMethod, validateObject } from '../base/validators.js'
import { readUnlessDestroyed } from './destroyed.js'
import { LastError } from './last_error.js'
import type { StreamOf } from './stream_of.js'

/** What a transform does: outputs for each input, and at the end. They are made one at a time, as they are asked for. */
export interface Step<In, Out> {
  /** The outputs for one input. */
  each(input: In): Iterable<Out>
  /** The outputs after the last input. */
  end?(): Iterable<Out>
}

/** A transform whose outputs are known to the compiler. */
export type BatchStream<In, Out> = StreamOf<Out, BatchTransform<In, Out>>

/** Batches are large, and the ring is the buffer that counts. */
const WRITABLE_HIGH_WATER_MARK = 2
/**
 * One output, also of bytes: Node's web streams make a queue as long as this one, and an error cuts it off. One output they can only have
 * taken when they ask for the next.
 */
const READABLE_HIGH_WATER_MARK = 1

/**
 * A Transform in object mode that gives several outputs for one input without queueing them: when its consumer is full, it
 * stops in the middle. An error of the step comes after the outputs that were made before.
 */
export class BatchTransform<In, Out> extends Transform {
  readonly #step: Step<In, Out>
  readonly #lastError = new LastError(this, () => this.readableLength === 0)
  #outputs: Iterator<Out> | undefined
  #exhausted: TransformCallback | undefined
  #giving = false
  #asked = false

  /** @param bytes True when the outputs are bytes for a file or socket instead of objects. */
  constructor(step: Step<In, Out>, { bytes = false }: { bytes?: boolean } = {}) {
    validateObject(step, 'step')
    validateMethod(step, 'each', 'step')
    if ('end' in step) validateMethod(step, 'end', 'step')
    super({
      writableObjectMode: true,
      writableHighWaterMark: WRITABLE_HIGH_WATER_MARK,
      readableObjectMode: !bytes,
      readableHighWaterMark: READABLE_HIGH_WATER_MARK,
    })
    this.#step = step
  }

  /** @internal Called by Node. */
  override _transform(input: In, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#start(() => this.#step.each(input), callback)
  }

  /** @internal Called by Node. */
  override _flush(callback: TransformCallback): void {
    this.#start(() => this.#step.end?.() ?? [], callback)
  }

  override read(size?: number): ReturnType<Transform['read']> {
    const output: unknown = readUnlessDestroyed(this, () => super.read(size) as unknown)
    this.#lastError.read(output, size)
    return output
  }

  /** @internal Called by Node. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#lastError.drop()
    super._destroy(error, callback)
  }

  /** @internal Called by Node. */
  override _read(size: number): void {
    if (this.#giving) this.#asked = true
    else if (this.#outputs !== undefined) this.#give()
    else super._read(size)
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

  /** Pushes until refused; the next `_read` goes on. */
  #give(): void {
    this.#giving = true
    let failure: Error | undefined
    try {
      for (;;) {
        const output = this.#outputs!.next()
        if (output.done === true) break
        if (!this.#push(output.value)) return
      }
    } catch (error) {
      failure = error as Error
    } finally {
      this.#giving = false
    }
    // Last, because it may begin with the next input.
    this.#finish(failure)
  }

  /** A push may ask for more before it returns; that request would not come again. */
  #push(output: Out): boolean {
    this.#asked = false
    this.#lastError.pushing()
    return this.push(output) || this.#asked
  }

  #finish(error?: Error): void {
    const callback = this.#exhausted!
    this.#outputs = undefined
    this.#exhausted = undefined
    if (error !== undefined) {
      this.#lastError.failed(() => callback(error))
      return
    }
    callback()
    // The base class keeps a callback until the next `_read` when it finds its buffer full. But the one that is due may be the
    // one being served, and none comes before the next push: let the next input in, whose first refused push waits instead.
    super._read(READABLE_HIGH_WATER_MARK)
  }
}
