import { RecordBatch } from 'apache-arrow'
import type { ExecutionContext } from 'ava'
import { type RunHelpers, TestScheduler } from 'rxjs/testing'
import { batchToRows } from 'qadataswap'

/** Runs a marble test in virtual time, in which a batch equals another of the same rows. */
export function marbles(
  t: ExecutionContext,
  run: (helpers: RunHelpers & { scheduler: TestScheduler }) => void,
): void {
  const scheduler = new TestScheduler((actual, expected) => t.deepEqual(plain(actual), plain(expected)))
  scheduler.run((helpers) => run({ ...helpers, scheduler }))
}

/** A value in which batches are replaced by their rows. */
function plain(value: unknown): unknown {
  if (value instanceof RecordBatch) return batchToRows(value, { timestamps: 'exact' })
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null || value instanceof Error) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]))
}
