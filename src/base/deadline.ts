import { performance } from 'node:perf_hooks'

import { validateWaitOptions, type WaitOptions } from './wait_options.js'

/** Limits of a call that blocks its thread. */
export type BlockLimits = Pick<WaitOptions, 'timeoutMs'>

/** Milliseconds; `Infinity`: no limit. */
export function timeoutOf(limits: BlockLimits | undefined): number {
  if (limits === undefined) return Infinity
  validateWaitOptions(limits)
  return limits.timeoutMs ?? Infinity
}

/** When the time-out passes, by `performance.now()`, which is not asked where it never does. */
export function deadlineAfter(timeoutMs: number): number {
  return timeoutMs === Infinity ? Infinity : performance.now() + timeoutMs
}

/** For the native calls: negative waits for ever. */
export function blockMsUntil(deadline: number): number {
  return deadline === Infinity ? -1 : Math.max(0, deadline - performance.now())
}

/** How often a native wait wakes up by itself, so that coming back to JavaScript then costs nothing more. */
const SLICE_MS = 100

/**
 * Calls a native wait until it gives something or the deadline passed, in slices: in between the thread is in JavaScript, and can be
 * terminated. What came in the meantime is found at once by the next call.
 * @param spinMicros How long each call spins before it sleeps.
 */
export function waitInSlices<R>(
  deadline: number,
  spinMicros: number,
  wait: (blockMs: number) => R | undefined,
): R | undefined {
  const sliceMs = SLICE_MS + spinMicros / 1000
  for (;;) {
    const blockMs = deadline === Infinity ? sliceMs : Math.min(sliceMs, blockMsUntil(deadline))
    const result = wait(blockMs)
    if (result !== undefined || performance.now() >= deadline) return result
  }
}
