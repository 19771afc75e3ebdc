import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import test from 'ava'
import type { Data, RecordBatch } from 'apache-arrow'
import fc from 'fast-check'
import { concatBatches } from '#src/frames/concat.js'
import { sliceRows } from '#src/frames/slice.js'
import { takeColumn, takeRows } from '#src/frames/take.js'
import { anyKinds, batch, batches, throughIpc } from './support/batches.js'
import { cellsOf, rowsOf } from './support/cells.js'
import { holds } from './support/property.js'
import { ALL_KINDS } from './support/columns.js'

for (const kind of ALL_KINDS) {
  test(`concatenating batches of ${kind.name} gives their rows in order, in memory of its own`, (t) => {
    holds(
      t,
      fc.property(batches([kind], { min: 1, max: 4 }), (parts) => {
        const joined = concatBatches(parts)
        deepStrictEqual(rowsOf(joined), parts.flatMap(rowsOf))
        deepStrictEqual(rowsOf(throughIpc(joined)), rowsOf(joined))
        for (const buffer of buffersOf(joined))
          strictEqual(
            parts.some((part) => buffersOf(part).has(buffer)),
            false,
          )
      }),
      { numRuns: 60 },
    )
  })

  test(`a slice of ${kind.name} has the rows of Array.slice and survives apache-arrow's writer`, (t) => {
    holds(
      t,
      fc.property(
        batch([kind]),
        fc.integer({ min: -25, max: 25 }),
        fc.integer({ min: -25, max: 25 }),
        (whole, begin, end) => {
          const part = sliceRows(whole, begin, end)
          deepStrictEqual(rowsOf(part), rowsOf(whole).slice(begin, end))
          if (part !== whole) deepStrictEqual(rowsOf(throughIpc(part)), rowsOf(part))
          deepStrictEqual(rowsOf(sliceRows(part, 1, 3)), rowsOf(part).slice(1, 3))
        },
      ),
      { numRuns: 60 },
    )
  })

  test(`rows of ${kind.name} can be taken in any order, with nulls for -1`, (t) => {
    holds(
      t,
      fc.property(batch([kind]), fc.array(fc.nat(100), { maxLength: 30 }), (whole, picks) => {
        const indices = picks.map((pick) => (pick % (whole.numRows + 1)) - 1)
        const column = takeColumn(whole.data.children[0]!, Int32Array.from(indices))
        const cells = cellsOf(whole.data.children[0]!)
        deepStrictEqual(
          cellsOf(column),
          indices.map((i) => (i < 0 ? null : cells[i])),
        )
        const rows = indices.filter((i) => i >= 0)
        const taken = takeRows(whole, rows)
        deepStrictEqual(
          rowsOf(taken),
          rows.map((i) => rowsOf(whole)[i]),
        )
        deepStrictEqual(rowsOf(throughIpc(taken)), rowsOf(taken))
      }),
      { numRuns: 60 },
    )
  })
}

test('cutting a batch up and joining the pieces gives the batch back', (t) => {
  holds(
    t,
    fc.property(
      anyKinds().chain((kinds) => batch(kinds)),
      fc.array(fc.nat(20), { maxLength: 5 }),
      (whole, cuts) => {
        const bounds = [
          0,
          ...cuts.map((cut) => Math.min(cut, whole.numRows)).sort((a, b) => a - b),
          whole.numRows,
        ]
        const pieces = bounds.slice(1).map((end, i) => sliceRows(whole, bounds[i], end))
        deepStrictEqual(rowsOf(concatBatches(pieces)), rowsOf(whole))
      },
    ),
  )
})

test('a slice of everything is the batch itself', (t) => {
  holds(
    t,
    fc.property(
      anyKinds().chain((kinds) => batch(kinds)),
      (whole) => strictEqual(sliceRows(whole), whole),
    ),
  )
})

test('concatenating batches of different columns names both', (t) => {
  const [a, b] = fc.sample(fc.tuple(batch([ALL_KINDS[3]!]), batch([ALL_KINDS[12]!])), {
    numRuns: 1,
    seed: 1,
  })[0]!
  const error = t.throws(() => concatBatches([a, b] as RecordBatch[]))
  t.like(error, { code: 'ERR_QADS_SCHEMA_MISMATCH', name: 'SchemaMismatchError' })
  t.regex(error.message, /c0: Int32.*c0: Utf8/)
})

test('taking a row that is not there names the row and the rows that there are', (t) => {
  const whole = fc.sample(batch([ALL_KINDS[3]!]), { numRuns: 1, seed: 2 })[0]!
  const error = t.throws(() => takeRows(whole, [whole.numRows]))
  t.like(error, { code: 'ERR_QADS_OUT_OF_RANGE' })
})

test('concatenating nothing is refused', (t) => {
  t.throws(() => concatBatches([]), { code: 'ERR_QADS_INVALID_ARGUMENT' })
})

function buffersOf(batch: RecordBatch): Set<ArrayBufferLike> {
  const found = new Set<ArrayBufferLike>()
  const visit = (data?: Data) => {
    if (data === undefined) return
    const buffers = Object.values(data.buffers) as (Uint8Array | undefined)[]
    for (const buffer of [...buffers, ...data.variadicBuffers]) {
      if (buffer !== undefined && buffer.byteLength > 0) found.add(buffer.buffer)
    }
    data.children.forEach(visit)
    data.dictionary?.data.forEach(visit)
  }
  batch.data.children.forEach(visit)
  return found
}
