import { validateDuration, validateObject, validateSignal } from './validators.js'

/** Limits of one wait. */
export interface WaitOptions {
  /** Cancels the wait at once with an `AbortError` (code `ERR_QADS_ABORTED`) whose cause is the signal's reason. */
  signal?: AbortSignal | undefined
  /** Fails with `ERR_QADS_TIMED_OUT` after this many milliseconds. Default: no limit. 0 never waits. */
  timeoutMs?: number | undefined
}

export function validateWaitOptions(options: WaitOptions): void {
  validateObject(options, 'options')
  if (options.timeoutMs !== undefined) validateDuration(options.timeoutMs, 'options.timeoutMs')
  if (options.signal !== undefined) validateSignal(options.signal, 'options.signal')
}
