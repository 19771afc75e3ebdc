import * as arrow from 'apache-arrow'
import test from 'ava'
import fc from 'fast-check'
import { planEncode, planSlices } from '#src/codec/encode.js'
import { BatchTooLargeError } from '#src/base/errors.js'
import { batchSpec, buildBatch } from '../support/arbitraries.js'
import { assertBatchesEqual } from '../support/equal.js'
import { readFile, slotOf } from './slots.js'

function numbers(rows: number): arrow.RecordBatch {
  const data = Float64Array.from({ length: rows }, (_, i) => i)
  return new arrow.RecordBatch({ x: arrow.makeData({ type: new arrow.Float64(), data }) })
}

test('the parts fit, follow each other, and hold every row once', (t) => {
  fc.assert(
    fc.property(batchSpec({ maxRows: 200 }), fc.double({ min: 0.05, max: 1, noNaN: true }), (spec, share) => {
      const batch = buildBatch(spec)
      const maxBytes = Math.floor(planEncode(batch).byteLength * share)
      let parts
      try {
        parts = planSlices(batch, maxBytes)
      } catch (error) {
        // Right when a row is larger than what is allowed: then so is that row alone.
        t.true(error instanceof BatchTooLargeError)
        const smallest = planEncode(batch.numRows === 0 ? batch : batch.slice(0, 1)).byteLength
        const all = Array.from(
          { length: batch.numRows },
          (_, row) => planEncode(batch.slice(row, row + 1)).byteLength,
        )
        t.true(Math.max(smallest, ...all) > maxBytes)
        return
      }
      let from = 0
      for (const part of parts) {
        t.true(part.byteLength <= maxBytes)
        assertBatchesEqual(readFile(slotOf(part)), batch.slice(from, from + part.rows))
        from += part.rows
      }
      t.is(from, batch.numRows)
    }),
    { numRuns: 300 },
  )
})

test('a batch that fits is one part', (t) => {
  const batch = numbers(100)
  const { byteLength } = planEncode(batch)
  t.is(planSlices(batch, byteLength).length, 1)
  t.true(planSlices(batch, byteLength - 1).length > 1)
})

test('parts are nearly as large as they may be', (t) => {
  const parts = planSlices(numbers(1_000_000), 100_000)
  for (const part of parts.slice(0, -1)) t.true(part.byteLength > 85_000)
})

test('a row that does not fit is an error that names both sizes and the row', (t) => {
  const words = arrow.vectorFromArray(['a', 'b', 'c'.repeat(10_000), 'd'], new arrow.Utf8())
  const batch = new arrow.RecordBatch({ words: words.data[0]! })
  const row = planEncode(batch.slice(2, 3)).byteLength
  const error = t.throws(() => planSlices(batch, 5000), { instanceOf: BatchTooLargeError })
  t.is(error.code, 'ERR_QADS_BATCH_TOO_LARGE')
  t.true(error.message.includes(`row 2 alone takes ${row} bytes`))
  t.true(error.message.includes('at most 5000'))
})

test('a batch without rows whose schema does not fit is an error too', (t) => {
  t.throws(() => planSlices(numbers(0), 100), {
    instanceOf: BatchTooLargeError,
    message: /without rows takes \d+ bytes/,
  })
})
