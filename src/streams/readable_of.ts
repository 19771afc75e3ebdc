import type { Readable } from 'node:stream'

/** A Readable in object mode whose items are known to the compiler. */
export interface ReadableOf<T> extends Readable {
  [Symbol.asyncIterator](): NodeJS.AsyncIterator<T>
}
