import type { Credit } from './credit.js'

/** The `code` of the warning that a chain does not give credit back. */
export const CREDIT_STALLED = 'QADS_CREDIT_STALLED'

/** Says once, instead of waiting in silence, that nothing more comes, and who holds the batches. */
export function warnOfStall(
  arena: string,
  inFlight: ReadonlySet<Credit>,
  ms: number,
  hasFailed: boolean,
): void {
  const counts = new Map<string, number>()
  for (const credit of inFlight) {
    for (const holder of credit.heldBy) counts.set(holder, (counts.get(holder) ?? 0) + 1)
  }
  const holders = [...counts].map(([holder, count]) => `${holder} (${count})`).join(', ')
  const [which, effect] = hasFailed
    ? ['batches', 'its error, which comes when they are, is not passed on']
    : ['all batches that may be in flight at once', 'no more are read']
  process.emitWarning(
    `arena "${arena}": ${which} (${inFlight.size}) were handed out, and none was finished for ${ms} ms, so ${effect}. ` +
      `They are held by ${holders}`,
    {
      type: 'QADataSwapWarning',
      code: CREDIT_STALLED,
      detail:
        'A hold ends when the inner Observable or promise of concatMapBatch, mergeMapBatch or switchMapBatch is done, or when the ' +
        'function that holdCredit() gave is called. If work on a batch may take this long, set creditWarningMs; ' +
        'if it needs more batches before it can finish, raise maxInFlight.',
    },
  )
}
