import type { ExecutionContext } from 'ava'
import fc from 'fast-check'

/** Runs a property that asserts with `node:assert`, which is much faster than AVA's assertions in a loop. */
export function holds<Ts>(
  t: ExecutionContext,
  property: fc.IProperty<Ts>,
  parameters?: fc.Parameters<Ts>,
): void {
  t.notThrows(() => fc.assert(property, { includeErrorInReport: true, ...parameters }))
}
