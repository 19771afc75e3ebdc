import { performance } from 'node:perf_hooks' // the global of the same name is a getter

/**
 * A loop that always finds work ready awaits only settled promises, and so keeps the event loop from turning: timers,
 * signals and the finalizers that give leases back would starve. Every so often a wait therefore takes a turn.
 */
const TURN_MS = 8

/** So often the clock is asked: that takes as long as finding that nothing is ready. */
const CALLS_PER_LOOK = 4

/** When it turned, as far as is known; undefined: since the clock was asked last. */
let last: number | undefined
let calls = CALLS_PER_LOOK

/** True when the event loop has not turned for a while, as far as is known; then the caller lets it. */
export function turnIsDue(): boolean {
  if (--calls > 0) return false
  calls = CALLS_PER_LOOK
  const now = performance.now()
  const due = last !== undefined && now - last >= TURN_MS
  if (due || last === undefined) last = now
  return due
}

/** The event loop just turned. */
export function turned(): void {
  last = undefined
}

/** The event loop has work that must not wait for long. */
export function turnSoon(): void {
  last = -Infinity
  calls = 1
}
