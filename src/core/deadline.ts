import { performance } from 'node:perf_hooks'

import { validateWaitOptions, type WaitOptions } from './options.js'

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
