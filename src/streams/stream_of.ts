import type { Readable } from 'node:stream'

/**
 * A stream whose items are known to the compiler. An intersection, because Node's declarations take streams in object mode for streams
 * of text where a class says what it gives.
 */
export type StreamOf<T, S extends Readable = Readable> = {
  /** The next item, or null when none is ready. */
  read(size?: number): T | null
} & S &
  AsyncIterable<T>
