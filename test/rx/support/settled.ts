import type { ExecutionContext } from 'ava'
import { until } from '../../support/arenas.js'

/**
 * Lets everything happen that needs nothing from outside: all microtasks, and two turns of the event loop. For asserting that
 * something does not happen.
 */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits until a count has come to what is expected, and asserts that it goes no further. */
export async function stopsAt(
  t: ExecutionContext,
  count: () => number,
  expected: number,
  message?: string,
): Promise<void> {
  await until(() => count() >= expected)
  await settled()
  t.is(count(), expected, message)
}
