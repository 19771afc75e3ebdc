import test from 'ava'
import { Field, Float64, Int64, type RecordBatch, Schema, Utf8 } from 'apache-arrow'
import { count, max, rowsToBatch, sum } from 'qadataswap'
import {
  dropColumns,
  filterRows,
  reduceColumns,
  renameColumns,
  selectColumns,
  sliceRows,
} from 'qadataswap/rx'
import { catchError, of } from 'rxjs'
import { marbles } from './support/marbles.js'

const schema = new Schema<{ sym: Utf8; price: Float64; size: Int64 }>([
  new Field('sym', new Utf8(), true),
  new Field('price', new Float64(), true),
  new Field('size', new Int64(), true),
] as never)
const a = rowsToBatch(
  [
    { sym: 'A', price: 10, size: 1n },
    { sym: 'B', price: 20, size: 2n },
  ],
  schema,
)
const b = rowsToBatch([{ sym: 'C', price: null, size: 3n }], schema)
const broken = new Error('broken')

test('selectColumns gives the columns named, in step with its source', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-|', { a, b })
    const subs = '       ^----!'
    const expected = '   -x-y-|'
    const x = [
      { size: 1n, sym: 'A' },
      { size: 2n, sym: 'B' },
    ]
    expectObservable(source.pipe(selectColumns(['size', 'sym']))).toBe(expected, {
      x,
      y: [{ size: 3n, sym: 'C' }],
    })
    expectSubscriptions(source.subscriptions).toBe(subs)
  })
})

test('a batch without the column is the error, and ends the subscription to the source', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold<RecordBatch>('-a-b-|', {
      a: rowsToBatch([{ price: 1 }]),
      b: rowsToBatch([{ sym: 'x' }]),
    })
    const selected = source.pipe(
      selectColumns(['price']),
      catchError((error: { code: string }) => of(error.code)),
    )
    expectObservable(selected).toBe('-x-(y|)', { x: [{ price: 1 }], y: 'ERR_QADS_COLUMN_NOT_FOUND' })
    expectSubscriptions(source.subscriptions).toBe('^--!')
  })
})

test('dropColumns and renameColumns keep the other columns', (t) => {
  marbles(t, ({ cold, expectObservable }) => {
    const source = cold('-b-|', { b })
    expectObservable(source.pipe(dropColumns(['size']))).toBe('-x-|', { x: [{ sym: 'C', price: null }] })
    expectObservable(source.pipe(renameColumns({ sym: 'symbol' }))).toBe('-x-|', {
      x: [{ symbol: 'C', price: null, size: 3n }],
    })
  })
})

test('filterRows leaves out rows, and batches without any that hold', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-a|', { a, b })
    const expected = '   -x---x|'
    expectObservable(source.pipe(filterRows(['price'], (price) => price !== null && price > 10))).toBe(
      expected,
      {
        x: [{ sym: 'B', price: 20, size: 2n }],
      },
    )
    expectSubscriptions(source.subscriptions).toBe('^-----!')
  })
})

test('what a predicate throws is the error', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-|', { a, b })
    const filtered = source.pipe(
      filterRows(['price'], (price) => {
        if (price === null) throw broken
        return true
      }),
    )
    expectObservable(filtered).toBe('-a-#', { a }, broken)
    expectSubscriptions(source.subscriptions).toBe('^--!')
  })
})

test('reduceColumns gives plain values for each batch', (t) => {
  marbles(t, ({ cold, expectObservable }) => {
    const reduced = cold('-a-b-|', { a, b }).pipe(
      reduceColumns({ rows: count(), volume: sum('size'), high: max('price') }),
    )
    expectObservable(reduced).toBe('-x-y-|', {
      x: { rows: 2, volume: 3n, high: 20 },
      y: { rows: 1, volume: 3n, high: null },
    })
  })
})

const five = (from: number) => rowsToBatch(Array.from({ length: 5 }, (_, i) => ({ n: from + i })))
const rows = (...numbers: number[]) => numbers.map((n) => ({ n }))

test('sliceRows gives rows of the whole stream, and ends with the last of them', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-c-d-|', { a: five(0), b: five(5), c: five(10), d: five(15) })
    const subs = '       ^----!'
    const expected = '   ---x-(y|)'
    expectObservable(source.pipe(sliceRows(8, 12))).toBe(expected, { x: rows(8, 9), y: rows(10, 11) })
    expectSubscriptions(source.subscriptions).toBe(subs)
  })
})

test('sliceRows ends with a batch that has its last row as its own last', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-|', { a: five(0), b: five(5) })
    expectObservable(source.pipe(sliceRows(0, 5))).toBe('-(a|)', { a: five(0) })
    expectSubscriptions(source.subscriptions).toBe('^!')
  })
})

test('sliceRows of no rows never subscribes', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-|', { a: five(0) })
    expectObservable(source.pipe(sliceRows(3, 3))).toBe('|')
    expectSubscriptions(source.subscriptions).toBe([])
  })
})

test('sliceRows without an end goes on to the end of the source, and passes on its error', (t) => {
  marbles(t, ({ cold, expectObservable }) => {
    const source = cold('-a-b-#', { a: five(0), b: five(5) }, broken)
    expectObservable(source.pipe(sliceRows(9))).toBe('---x-#', { x: rows(9) }, broken)
  })
})

for (const [begin, end] of [
  [-1, 5],
  [1.5, 5],
  [5, 4],
] as const) {
  test(`a slice from ${begin} to ${end} is refused`, (t) => {
    t.throws(() => sliceRows(begin, end), { code: 'ERR_QADS_INVALID_ARGUMENT' })
  })
}
