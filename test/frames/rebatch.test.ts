import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import test from 'ava'
import type { RecordBatch } from 'apache-arrow'
import fc from 'fast-check'
import { batchByteLength, concatBatches, Rebatcher, rowsToBatch } from 'qadataswap'
import { anyKinds, batch, batches } from './support/batches.js'
import { rowsOf } from './support/cells.js'
import { holds } from './support/property.js'

const streams = anyKinds().chain((kinds) => batches(kinds, { min: 0, max: 8 }))

function rebatch(rebatcher: Rebatcher, stream: readonly RecordBatch[]): RecordBatch[] {
  return [...stream.flatMap((one) => [...rebatcher.add(one)]), ...rebatcher.flush()]
}

test('rebatching by rows gives all rows in order, in batches of exactly that many but for the last', (t) => {
  holds(
    t,
    fc.property(streams, fc.integer({ min: 1, max: 30 }), (stream, rows) => {
      const out = rebatch(new Rebatcher({ rows }), stream)
      deepStrictEqual(out.flatMap(rowsOf), stream.flatMap(rowsOf))
      for (const one of out.slice(0, -1)) strictEqual(one.numRows, rows)
      const last = out.at(-1)
      if (last !== undefined) ok(last.numRows > 0 && last.numRows <= rows)
    }),
  )
})

test('rebatching by bytes gives all rows in order, in batches as full as the size permits', (t) => {
  holds(
    t,
    fc.property(streams, fc.integer({ min: 1, max: 600 }), (stream, bytes) => {
      const out = rebatch(new Rebatcher({ bytes }), stream)
      deepStrictEqual(out.flatMap(rowsOf), stream.flatMap(rowsOf))
      out.forEach((one, i) => {
        ok(one.numRows > 0)
        ok(
          one.numRows === 1 || batchByteLength(one) <= bytes,
          `${batchByteLength(one)} bytes in ${one.numRows} rows`,
        )
        const next = out[i + 1]
        // The first row of the next batch would not have fitted, with its offsets and validity counted as a batch of its own.
        if (next !== undefined)
          ok(partsByteLength(one, stream) + batchByteLength(next, 0, 1) > bytes - slack(one))
      })
    }),
  )
})

test('rebatching by both keeps both limits', (t) => {
  holds(
    t,
    fc.property(
      streams,
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 600 }),
      (stream, rows, bytes) => {
        const out = rebatch(new Rebatcher({ rows, bytes }), stream)
        deepStrictEqual(out.flatMap(rowsOf), stream.flatMap(rowsOf))
        for (const one of out) ok(one.numRows <= rows && (one.numRows === 1 || batchByteLength(one) <= bytes))
      },
    ),
  )
})

test('bytes of a range never shrink with its end, and joined batches never take more than their parts', (t) => {
  holds(
    t,
    fc.property(
      anyKinds().chain((kinds) => batches(kinds, { min: 1, max: 4 })),
      (parts) => {
        for (const part of parts) {
          for (let end = 1; end <= part.numRows; end++)
            ok(batchByteLength(part, 0, end) >= batchByteLength(part, 0, end - 1))
        }
        ok(
          batchByteLength(concatBatches(parts)) <=
            parts.reduce((sum, part) => sum + batchByteLength(part), 0),
        )
      },
    ),
  )
})

test('bytes count what a slice shows, not the memory under it', (t) => {
  const whole = rowsToBatch(Array.from({ length: 1000 }, (_, i) => ({ n: i, word: `word ${i}` })))
  t.is(batchByteLength(whole.slice(10, 12)), 2 * 8 + 1 + (3 * 4 + 2 * 7 + 1))
  t.is(batchByteLength(whole, 10, 12), batchByteLength(whole.slice(10, 12)))
})

test('large batches are cut into slices of the same memory', (t) => {
  const whole = rowsToBatch(Array.from({ length: 10 }, (_, n) => ({ n })))
  const memory = (whole.data.children[0]!.values as Float64Array).buffer
  const parts = [...new Rebatcher({ rows: 4 }).add(whole)]
  t.deepEqual(
    parts.map((part) => part.numRows),
    [4, 4],
  )
  for (const part of parts) t.is((part.data.children[0]!.values as Float64Array).buffer, memory)
})

test('rows that wait for more are copied, so that the memory of their batch may change', (t) => {
  const values = new Float64Array([1, 2, 3])
  const source = rowsToBatch([{ n: 1 }, { n: 2 }, { n: 3 }])
  ;(source.data.children[0]!.values as Float64Array).set(values)
  const rebatcher = new Rebatcher({ rows: 6 })
  t.deepEqual([...rebatcher.add(source)], [])
  t.is(rebatcher.pendingRows, 3)
  ;(source.data.children[0]!.values as Float64Array).fill(-1)
  const [joined] = rebatcher.add(rowsToBatch([{ n: 4 }, { n: 5 }, { n: 6 }]))
  t.deepEqual(
    rowsOf(joined!).map((row) => row['n']),
    [1, 2, 3, 4, 5, 6],
  )
})

test('a batch with other columns ends the batch that is being filled', (t) => {
  const out = rebatch(new Rebatcher({ rows: 3 }), [
    rowsToBatch([{ a: 1 }]),
    rowsToBatch([{ b: 'x' }, { b: 'y' }]),
  ])
  t.deepEqual(out.map(rowsOf), [[{ a: 1 }], [{ b: 'x' }, { b: 'y' }]])
})

for (const size of [{ rows: 0 }, { rows: 1.5 }, { bytes: -1 }, { bytes: NaN }]) {
  test(`a size of ${JSON.stringify(size)} is refused`, (t) => {
    t.throws(() => new Rebatcher(size), {
      code: 'ERR_QADS_INVALID_ARGUMENT',
      message: /whole number of 1 or more/,
    })
  })
}

test('empty batches give nothing', (t) => {
  const [empty] = fc.sample(batch([], 0), 1)
  t.deepEqual(rebatch(new Rebatcher({ rows: 1 }), [empty!, empty!]), [])
})

/** How many bytes a batch took while it was put together: its rows were counted part by part, as they came. */
function partsByteLength(joined: RecordBatch, stream: readonly RecordBatch[]): number {
  return batchByteLength(joined) + stream.length * slack(joined)
}

/** An offset and a byte of validity for each column, nested ones included, that a part has and the joined batch does not. */
function slack(batch: RecordBatch): number {
  const count = (columns: RecordBatch['data']['children']): number =>
    columns.reduce((sum, column) => sum + 1 + count(column.children), 0)
  return 17 * count(batch.data.children)
}
