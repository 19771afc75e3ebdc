import { deepStrictEqual } from 'node:assert/strict'
import test from 'ava'
import type { RecordBatch } from 'apache-arrow'
import fc from 'fast-check'
import { dropColumns, filterRows, renameColumns, rowsToBatch, selectColumns } from 'qadataswap'
import { anyKinds, batch, throughIpc } from './support/batches.js'
import { cellOf, rowsOf } from './support/cells.js'
import { SCALARS } from './support/columns.js'
import { holds } from './support/property.js'

const trades = rowsToBatch([
  { sym: 'AAA', price: 10, size: 1n },
  { sym: 'BBB', price: null, size: 2n },
  { sym: 'AAA', price: 12, size: 3n },
])

test('selected columns come in the order named, over the same memory', (t) => {
  const selected = selectColumns(trades, ['size', 'sym'])
  t.deepEqual(
    selected.schema.fields.map((field) => field.name),
    ['size', 'sym'],
  )
  t.is(selected.data.children[0], trades.data.children[2])
  t.deepEqual(rowsOf(selected), [
    { size: 1n, sym: 'AAA' },
    { size: 2n, sym: 'BBB' },
    { size: 3n, sym: 'AAA' },
  ])
})

test('selecting any columns of any batch keeps their rows, through another process too', (t) => {
  holds(
    t,
    fc.property(
      anyKinds().chain((kinds) =>
        fc.tuple(batch(kinds), fc.subarray(kinds.map((_, i) => `c${i}`)), fc.boolean()),
      ),
      ([whole, subset, reversed]) => {
        const names = reversed ? subset.reverse() : subset
        const expected = rowsOf(whole).map((row) =>
          Object.fromEntries(names.map((name) => [name, row[name]])),
        )
        const selected = selectColumns(whole, names)
        deepStrictEqual(rowsOf(selected), expected)
        if (names.length === whole.numCols && whole.data.children.every((column) => column.offset === 0)) {
          deepStrictEqual(rowsOf(throughIpc(selected)), expected)
        }
      },
    ),
  )
})

test('a batch without columns keeps its number of rows', (t) => {
  t.is(selectColumns(trades, []).numRows, 3)
})

test('a column that is not there is named, with those that are', (t) => {
  const error = t.throws(() => selectColumns(trades as RecordBatch, ['prise']), {
    code: 'ERR_QADS_COLUMN_NOT_FOUND',
  })
  t.is(error.message, 'no column "prise"; the batch has "sym", "price", "size"')
})

test('a column named twice is refused', (t) => {
  t.throws(() => selectColumns(trades, ['sym', 'sym']), { code: 'ERR_QADS_INVALID_ARGUMENT' })
})

test('dropping columns keeps the others in their order', (t) => {
  t.deepEqual(rowsOf(dropColumns(trades, ['price']))[0], { sym: 'AAA', size: 1n })
  t.throws(() => dropColumns(trades as RecordBatch, ['prise']), { code: 'ERR_QADS_COLUMN_NOT_FOUND' })
})

test('renamed columns keep their place, values and metadata', (t) => {
  const renamed = renameColumns(trades, { price: 'last', sym: 'symbol' })
  t.deepEqual(rowsOf(renamed)[0], { symbol: 'AAA', last: 10, size: 1n })
  t.is(renamed.data.children[1], trades.data.children[1])
})

test('two columns can swap their names', (t) => {
  t.deepEqual(rowsOf(renameColumns(trades, { price: 'size', size: 'price' }))[0], {
    sym: 'AAA',
    size: 10,
    price: 1n,
  })
})

test('renaming to a name that is taken is refused', (t) => {
  t.throws(() => renameColumns(trades, { price: 'size' }), { code: 'ERR_QADS_INVALID_ARGUMENT' })
})

test('filtering keeps the rows for which the predicate holds, in order', (t) => {
  holds(
    t,
    fc.property(
      anyKinds().chain((kinds) => batch(kinds)),
      fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
      (whole, keep) => {
        let row = 0
        const kept = filterRows(whole, [], () => keep[row++]!)
        deepStrictEqual(
          rowsOf(kept),
          rowsOf(whole).filter((_, i) => keep[i]),
        )
      },
    ),
  )
})

test('a predicate sees the cells that apache-arrow reads', (t) => {
  holds(
    t,
    fc.property(
      fc.array(fc.constantFrom(...SCALARS), { minLength: 1, maxLength: 4 }).chain((kinds) => batch(kinds)),
      (whole) => {
        const names = whole.schema.fields.map((field) => field.name)
        const seen: unknown[][] = []
        filterRows(whole, names, (...cells: unknown[]) => seen.push(cells) > 0)
        const read = (cell: unknown) => (ArrayBuffer.isView(cell) ? [...(cell as Uint8Array)] : cell)
        const expected = Array.from({ length: whole.numRows }, (_, row) =>
          names.map((name, i) => {
            try {
              return read(whole.getChild(name)!.get(row))
            } catch (error) {
              // apache-arrow cannot read a time beyond the numbers that a double holds exactly.
              if (error instanceof TypeError && error.message.includes('not safe to convert'))
                return seen[row]![i]
              throw error
            }
          }),
        )
        deepStrictEqual(
          seen.map((cells) => cells.map(read)),
          expected,
        )
      },
    ),
  )
})

test('rows that lie together are a slice of the same memory, scattered ones a copy', (t) => {
  const together = filterRows(trades, ['size'], (size) => size! >= 2n)
  t.is(
    (together.data.children[1]!.values as Float64Array).buffer,
    (trades.data.children[1]!.values as Float64Array).buffer,
  )
  const scattered = filterRows(trades, ['sym', 'price'], (sym, price) => sym === 'AAA' && price !== null)
  t.deepEqual(rowsOf(scattered), [
    { sym: 'AAA', price: 10, size: 1n },
    { sym: 'AAA', price: 12, size: 3n },
  ])
  t.not(
    (scattered.data.children[1]!.values as Float64Array).buffer,
    (trades.data.children[1]!.values as Float64Array).buffer,
  )
})

test('a predicate that throws stops the filter', (t) => {
  t.throws(
    () =>
      filterRows(trades, ['sym'], () => {
        throw new Error('no')
      }),
    { message: 'no' },
  )
  t.is(cellOf(trades.data.children[0]!, 0), 'AAA')
})
