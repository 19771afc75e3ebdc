import { InvalidArgumentError } from '../base/errors.js'
import { validateInteger } from '../base/validators.js'

/** Options of every stream over an arena. */
export interface StreamOptions {
  /**
   * Batches that the stream itself holds, between the ring and the program. Default 2. The ring is the buffer that counts; this
   * one only keeps the stream's machinery from running dry.
   */
  highWaterMark?: number
  /** Destroys the stream with an `AbortError`. */
  signal?: AbortSignal | undefined
}

const DEFAULT_HIGH_WATER_MARK = 2
const MAX_HIGH_WATER_MARK = 65536

export function highWaterMarkOf(value: number | undefined): number {
  if (value === undefined) return DEFAULT_HIGH_WATER_MARK
  validateInteger(value, 'options.highWaterMark', 1, MAX_HIGH_WATER_MARK)
  return value
}

/** A reader or writer that a stream takes over. What it does was settled when it was made. */
export function taken<Party>(party: Party, options: object): Party {
  const [option] = Object.keys(options)
  if (option === undefined) return party
  throw new InvalidArgumentError(
    `options.${option} cannot be given together with an open reader or writer: give it where that is created`,
  )
}
