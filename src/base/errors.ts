/** Codes are stable and the same in every language; messages are for people and may change. */
export type QadsErrorCode =
  | 'ERR_QADS_NAME_INVALID'
  | 'ERR_QADS_INVALID_ARGUMENT'
  | 'ERR_QADS_NOT_FOUND'
  | 'ERR_QADS_WRITER_EXISTS'
  | 'ERR_QADS_INCOMPATIBLE'
  | 'ERR_QADS_NOT_AN_ARENA'
  | 'ERR_QADS_CORRUPT'
  | 'ERR_QADS_TOO_MANY_READERS'
  | 'ERR_QADS_NO_SPACE'
  | 'ERR_QADS_BATCH_TOO_LARGE'
  | 'ERR_QADS_SCHEMA_MISMATCH'
  | 'ERR_QADS_TIMED_OUT'
  | 'ERR_QADS_ABORTED'
  | 'ERR_QADS_WRITER_DIED'
  | 'ERR_QADS_WRITER_ABORTED'
  | 'ERR_QADS_CLOSED'
  | 'ERR_QADS_RELEASED'
  | 'ERR_QADS_PERMISSION'
  | 'ERR_QADS_FORKED'
  | 'ERR_QADS_FULL'
  | 'ERR_QADS_SYSTEM'
  | 'ERR_QADS_POLARS_MISSING'
  | 'ERR_QADS_COLUMN_NOT_FOUND'
  | 'ERR_QADS_COLUMN_TYPE'
  | 'ERR_QADS_OUT_OF_RANGE'
  | 'ERR_QADS_OUT_OF_ORDER'

/** The base of every error that this library throws. Test `code`, or `instanceof` one of the classes below. */
export class QadsError extends Error {
  override readonly name: string = 'QadsError'

  constructor(
    readonly code: QadsErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

function kind<Code extends QadsErrorCode>(name: string, code: Code) {
  return class extends QadsError {
    static readonly code: Code = code
    override readonly name: string = name
    declare readonly code: Code

    constructor(message: string, options?: ErrorOptions) {
      super(code, message, options)
    }
  }
}

/** The name of an arena breaks the rules: 1 to 200 of `A-Z a-z 0-9 . _ -`, and not only dots. */
export class NameInvalidError extends kind('NameInvalidError', 'ERR_QADS_NAME_INVALID') {}
/** An argument or option is of the wrong type or out of its range. */
export class InvalidArgumentError extends kind('InvalidArgumentError', 'ERR_QADS_INVALID_ARGUMENT') {}
/** There is no arena of this name. */
export class NotFoundError extends kind('NotFoundError', 'ERR_QADS_NOT_FOUND') {}
/** The arena has a writer that is alive. */
export class WriterExistsError extends kind('WriterExistsError', 'ERR_QADS_WRITER_EXISTS') {}
/** The arena was made by another version of the layout. */
export class IncompatibleError extends kind('IncompatibleError', 'ERR_QADS_INCOMPATIBLE') {}
/** The shared-memory segment of this name is something else. */
export class NotAnArenaError extends kind('NotAnArenaError', 'ERR_QADS_NOT_AN_ARENA') {}
/** Shared memory holds something that no writer of this library writes. */
export class CorruptError extends kind('CorruptError', 'ERR_QADS_CORRUPT') {}
/** Every entry of the arena's reader table is taken. */
export class TooManyReadersError extends kind('TooManyReadersError', 'ERR_QADS_TOO_MANY_READERS') {}
/** Shared memory has not enough room for the arena. */
export class NoSpaceError extends kind('NoSpaceError', 'ERR_QADS_NO_SPACE') {}
/** One row is larger than the ring. */
export class BatchTooLargeError extends kind('BatchTooLargeError', 'ERR_QADS_BATCH_TOO_LARGE') {}
/** The arena allows one schema, and the batch has another. */
export class SchemaMismatchError extends kind('SchemaMismatchError', 'ERR_QADS_SCHEMA_MISMATCH') {}
/** `timeoutMs` passed first. Nothing was read; of a write, the message says which parts are in the ring. */
export class TimedOutError extends kind('TimedOutError', 'ERR_QADS_TIMED_OUT') {}
/** The writer's process ended without `end()` or `abort()`. What it had committed was delivered before this error. */
export class WriterDiedError extends kind('WriterDiedError', 'ERR_QADS_WRITER_DIED') {}
/** The writer, reader or loan was closed. */
export class ClosedError extends kind('ClosedError', 'ERR_QADS_CLOSED') {}
/** The batch was given back with `release`, or by a `scoped` reader that went on to the next one. */
export class ReleasedError extends kind('ReleasedError', 'ERR_QADS_RELEASED') {}
/** The arena belongs to another user, or its mode forbids it. */
export class PermissionError extends kind('PermissionError', 'ERR_QADS_PERMISSION') {}
/** The handle was made before a `fork`. */
export class ForkedError extends kind('ForkedError', 'ERR_QADS_FORKED') {}
/** The ring is full, and the arena's policy is `error`. */
export class FullError extends kind('FullError', 'ERR_QADS_FULL') {}
/** The operating system refused a call. */
export class SystemError extends kind('SystemError', 'ERR_QADS_SYSTEM') {}
/** nodejs-polars is needed and not installed. */
export class PolarsMissingError extends kind('PolarsMissingError', 'ERR_QADS_POLARS_MISSING') {}

/** The `AbortSignal` fired. Its reason is the `cause`; the name is `AbortError`, as everywhere in Node. */
export class AbortedError extends kind('AbortError', 'ERR_QADS_ABORTED') {}

/** The writer gave up with `abort(reason)`. What it had committed was delivered before this error. */
export class WriterAbortedError extends kind('WriterAbortedError', 'ERR_QADS_WRITER_ABORTED') {
  /** What the writer said. */
  readonly reason: string

  constructor(message: string, options?: ErrorOptions & { reason?: string }) {
    super(message, options)
    this.reason = options?.reason ?? message
  }
}

const classes = [
  NameInvalidError,
  InvalidArgumentError,
  NotFoundError,
  WriterExistsError,
  IncompatibleError,
  NotAnArenaError,
  CorruptError,
  TooManyReadersError,
  NoSpaceError,
  BatchTooLargeError,
  SchemaMismatchError,
  TimedOutError,
  AbortedError,
  WriterDiedError,
  WriterAbortedError,
  ClosedError,
  ReleasedError,
  PermissionError,
  ForkedError,
  FullError,
  SystemError,
  PolarsMissingError,
]
const classOfCode = new Map<string, (typeof classes)[number]>(classes.map((type) => [type.code, type]))

/** The error of ours that an error of the addon stands for; anything else comes back as it is. */
export function fromNative(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof QadsError || !('code' in error)) return error
  const type = classOfCode.get(String(error.code))
  if (type === undefined) return error
  const reason = 'reason' in error && typeof error.reason === 'string' ? { reason: error.reason } : {}
  return new type(error.message, reason)
}

/** Calls the addon, and throws its errors as ours. */
export function translated<R>(call: () => R): R {
  try {
    return call()
  } catch (error) {
    throw fromNative(error)
  }
}
