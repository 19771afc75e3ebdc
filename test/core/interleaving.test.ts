import assert from 'node:assert/strict'

import test from 'ava'
import fc from 'fast-check'
import { batchInfo, createReader, createWriter } from 'qadataswap'

import { leavesNothing, uniqueName } from '../support/arenas.js'
import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'

type Step =
  | { do: 'write'; rows: number }
  | { do: 'cancelWrite' }
  | { do: 'read'; reader: number }
  | { do: 'cancelRead'; reader: number }
  | { do: 'tryRead'; reader: number }
  | { do: 'release'; reader: number }
  | { do: 'turn' }

const READERS = 2
const reader = fc.nat(READERS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('write' as const), rows: fc.constantFrom(1, 10, 5000, 30_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'cancelWrite' as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), reader }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancelRead' as const), reader }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tryRead' as const), reader }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), reader }) },
  { weight: 2, arbitrary: fc.constant({ do: 'turn' as const }) },
)

interface Pending {
  stop: AbortController
  settled: Promise<void>
}

/** Starts a call that can be cancelled, and keeps what came of it. */
function start<R>(call: (signal: AbortSignal) => Promise<R>, done: (result: R) => void): Pending {
  const stop = new AbortController()
  const settled = call(stop.signal).then(done, (error: unknown) => {
    if ((error as Error).name !== 'AbortError') throw error
  })
  return { stop, settled }
}

test('whatever is written, read, cancelled and released in which order: each reader gets what was written, once', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      using writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 1, bufferCount: 4 })
      const readers = Array.from({ length: READERS }, () => createReader<NumberColumns>(writer.name))
      const written: number[] = []
      const seen: number[][] = readers.map(() => [])
      const held = readers.map(() => [] as ReturnType<(typeof readers)[0]['tryRead']>[])
      const writes: Pending[] = []
      const reads: Pending[][] = readers.map(() => [])
      let nextId = 0
      const take = (at: number, batch: ReturnType<(typeof readers)[0]['tryRead']>) => {
        if (batch === null || batch === undefined) return
        // A tryRead is done at once, and a read before it a microtask later.
        seen[at]![batchInfo(batch)!.sequence] = numberBatchId(batch)
        held[at]!.push(batch)
      }
      for (const one of steps) {
        switch (one.do) {
          case 'write': {
            const id = nextId++
            const batch = numberBatch(id, one.rows)
            writes.push(
              start(
                (signal) => writer.write(batch, { signal }),
                () => written.push(id),
              ),
            )
            break
          }
          case 'cancelWrite':
            writes[Math.floor(writes.length / 2)]?.stop.abort()
            break
          case 'read': {
            const at = one.reader
            reads[at]!.push(
              start(
                (signal) => readers[at]!.read({ signal }),
                (batch) => take(at, batch),
              ),
            )
            break
          }
          case 'cancelRead':
            reads[one.reader]!.at(-1)?.stop.abort()
            break
          case 'tryRead':
            take(one.reader, readers[one.reader]!.tryRead())
            break
          case 'release': {
            const batch = held[one.reader]!.shift()
            if (batch) assert.ok(readers[one.reader]!.release(batch))
            break
          }
          case 'turn':
            await new Promise((resolve) => setImmediate(resolve))
        }
      }
      // Everything that still waits is satisfied: readers read to the end.
      const drained = readers.map(async (one, at) => {
        for (let batch = await one.read(); batch !== null; batch = await one.read()) take(at, batch)
      })
      await writer.end()
      await Promise.all([...writes, ...reads.flat()].map((pending) => pending.settled))
      await Promise.all(drained)
      for (const ids of seen) assert.deepEqual(ids, written)
      for (const batches of held) for (const batch of batches) numberBatchId(batch!)
      for (const one of readers) one.close()
    }),
    { numRuns: 150 },
  )
  t.pass()
})
leavesNothing(test)
