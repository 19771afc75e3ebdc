import { performance } from 'node:perf_hooks' // the global of the same name is a getter

/**
 * A loop that always finds work ready awaits only settled promises, and so keeps the event loop from turning: timers,
 * signals and the finalizers that give leases back would starve. Every so often a wait therefore takes a turn.
 */
const TURN_MS = 8

let last = performance.now()

/** True when the event loop has not turned for a while, as far as is known; then the caller lets it. */
export function turnIsDue(): boolean {
  const now = performance.now()
  if (now - last < TURN_MS) return false
  last = now
  return true
}

/** The event loop just turned. */
export function turned(): void {
  last = performance.now()
}

/** The event loop has work that must not wait for long. */
export function turnSoon(): void {
  last = -Infinity
}
