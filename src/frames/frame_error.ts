import { InvalidArgumentError, QadsError } from '../base/errors.js'
import { show } from '../base/validators.js'

/** The batch has no column of this name. The message lists those that it has. */
export class ColumnNotFoundError extends QadsError {
  override readonly name = 'ColumnNotFoundError'

  constructor(message: string) {
    super('ERR_QADS_COLUMN_NOT_FOUND', message)
  }
}

/** A column is of a type that the operation does not work on, or not of the type that it had in earlier batches. */
export class ColumnTypeError extends QadsError {
  override readonly name = 'ColumnTypeError'

  constructor(message: string) {
    super('ERR_QADS_COLUMN_TYPE', message)
  }
}

/** A value does not fit into its column, or a row is not one of the batch. */
export class OutOfRangeError extends QadsError {
  override readonly name = 'OutOfRangeError'

  constructor(message: string) {
    super('ERR_QADS_OUT_OF_RANGE', message)
  }
}

/** The rows of a stream went back in time. */
export class OutOfOrderError extends QadsError {
  override readonly name = 'OutOfOrderError'

  constructor(message: string) {
    super('ERR_QADS_OUT_OF_ORDER', message)
  }
}

/** Calls `compute`, and puts `where` before the message of an error of ours: "column "price": …". */
export function located<R>(where: string, compute: () => R): R {
  try {
    return compute()
  } catch (error) {
    if (!(error instanceof QadsError)) throw error
    const Same = error.constructor as new (message: string) => QadsError
    throw new Same(`${where}: ${error.message}`)
  }
}

/** A whole number of 1 or more, such as a number of rows. */
export function checkCount(value: unknown, what: string): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new InvalidArgumentError(`${what} must be a whole number of 1 or more, got ${show(value)}`)
  }
}
