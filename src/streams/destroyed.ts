import type { Readable } from 'node:stream'

/**
 * For `read` of a stream: nothing once it is destroyed. Until 'close' Node's streams still give what they had buffered, which the adapter
 * to web streams of Node 20, 22 and 24 does not expect after a cancel: it throws where nobody can catch it.
 */
export function readUnlessDestroyed(stream: Readable, read: () => unknown): unknown {
  return stream.destroyed ? null : read()
}

/** What Node's streams say of a call that a `destroy` cut off. Its class is not public. */
export function destroyedError(): Error {
  return Object.assign(new Error('Cannot call write after a stream was destroyed'), {
    code: 'ERR_STREAM_DESTROYED',
  })
}
