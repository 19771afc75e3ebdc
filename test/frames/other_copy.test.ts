import { deepStrictEqual } from 'node:assert/strict'
import { createRequire } from 'node:module'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import test from 'ava'
import * as arrow from 'apache-arrow'
import type { Data, RecordBatch } from 'apache-arrow'
import fc from 'fast-check'
import { encodeSlot } from '#src/codec/encode.js'
import {
  AsofJoin,
  batchToRows,
  concatBatches,
  copyBatch,
  count,
  createReader,
  createWriter,
  dropColumns,
  filterRows,
  GroupAggregator,
  LatestJoin,
  max,
  reduceColumns,
  renameColumns,
  rowsToBatch,
  selectColumns,
  sliceRows,
  sum,
  takeRows,
} from 'qadataswap'
import { groupAggregate, selectColumns as selectRx } from 'qadataswap/rx'
import { rebatch, toIpc } from 'qadataswap/streams'
import { of, toArray, lastValueFrom } from 'rxjs'
import { uniqueName } from '../support/arenas.js'
import { anyKinds, batch } from './support/batches.js'
import { rowsOf } from './support/cells.js'
import { holds } from './support/property.js'

/** What a program gets that requires apache-arrow, while this library imports it: the same code, other classes. */
const other = createRequire(import.meta.url)('apache-arrow') as typeof arrow

/** The batch as the other copy has it. */
function foreign(whole: RecordBatch): RecordBatch {
  return other.RecordBatchReader.from(encodeSlot(whole)).next().value as RecordBatch
}

function isOurs(whole: RecordBatch): boolean {
  const typesOf = (column: Data): unknown[] => [
    column.type,
    ...column.children.flatMap(typesOf),
    ...(column.dictionary?.data ?? []).flatMap(typesOf),
  ]
  return (
    Object.prototype.isPrototypeOf.call(arrow.RecordBatch.prototype, whole) &&
    whole.schema.fields.every((field) => field.type instanceof arrow.DataType) &&
    whole.data.children.flatMap(typesOf).every((type) => type instanceof arrow.DataType)
  )
}

test('batches of another copy of apache-arrow pass through every operation on rows as ours do', (t) => {
  t.not(other.DataType, arrow.DataType)
  holds(
    t,
    fc.property(
      anyKinds().chain((kinds) => batch(kinds)),
      (ours) => {
        const theirs = foreign(ours)
        const rows = rowsOf(ours)
        const same = (made: RecordBatch, expected: unknown[]) => {
          deepStrictEqual(isOurs(made), true)
          deepStrictEqual(rowsOf(made), expected)
        }
        deepStrictEqual(
          batchToRows(theirs, { timestamps: 'exact' }),
          batchToRows(ours, { timestamps: 'exact' }),
        )
        same(copyBatch(theirs), rows)
        same(concatBatches([theirs, ours]), [...rows, ...rows])
        same(concatBatches([ours, theirs]), [...rows, ...rows])
        same(sliceRows(theirs, 1, -1), rows.slice(1, -1))
        same(takeRows(theirs, rows.map((_, i) => i).reverse()), [...rows].reverse())
        same(
          filterRows(theirs, ['c0'], () => true),
          rows,
        )
        same(renameColumns(theirs, { c0: 'x' }), rowsOf(renameColumns(ours, { c0: 'x' })))
        same(dropColumns(theirs, ['c0']), rowsOf(dropColumns(ours, ['c0'])))
        const selected = selectColumns(theirs, ['c0'])
        same(
          selected,
          rows.map(({ c0 }) => ({ c0 })),
        )
        const memory = (made: RecordBatch) =>
          (made.data.children[0]!.values as Uint8Array | undefined)?.buffer
        deepStrictEqual(memory(selected) === memory(theirs), true)
      },
    ),
  )
})

const trade = (sym: string[], price: number[]) =>
  new other.Table({
    sym: other.vectorFromArray(sym, new other.Dictionary(new other.Utf8(), new other.Int8())),
    price: other.vectorFromArray(price, new other.Float64()),
    t: other.vectorFromArray(
      price.map((_, i) => i),
      new other.TimestampMillisecond(),
    ),
  }).batches[0]! as unknown as RecordBatch
const theirs = trade(['a', 'b', 'a'], [1, 2, 4])

test('batches of another copy are grouped and joined, with ours too', (t) => {
  const groups = new GroupAggregator({ by: ['sym'], aggregates: { n: sum('price'), rows: count() } })
  groups.add(theirs)
  groups.add(copyBatch(theirs))
  t.deepEqual(batchToRows(groups.finish()!) as unknown[], [
    { sym: 'a', n: 10, rows: 4 },
    { sym: 'b', n: 4, rows: 2 },
  ])
  t.deepEqual(reduceColumns(theirs, { high: max('price') }), { high: 4 })
  const latest = new LatestJoin({ by: ['price'], suffix: '_r', rightSchema: theirs.schema })
  latest.addRight(theirs)
  const joined = batchToRows(latest.join(theirs)) as Record<string, unknown>[]
  t.deepEqual(
    joined.map((row) => [row['sym'], row['sym_r']]),
    [
      ['a', 'a'],
      ['b', 'b'],
      ['a', 'a'],
    ],
  )
  const asof = new AsofJoin({ on: 't', by: ['sym'], rightSchema: theirs.schema })
  asof.addRight(theirs)
  asof.seeLeft(theirs)
  asof.endRight()
  t.deepEqual(
    (batchToRows(asof.join(theirs)) as Record<string, unknown>[]).map((row) => row['price_right']),
    [1, 2, 4],
  )
})

test('rows become a batch of a schema of another copy, which a writer takes as its schema and lends', async (t) => {
  const schema = new other.Schema([new other.Field('a', new other.Int32(), true)])
  const made = rowsToBatch([{ a: 1 }, { a: null }], schema)
  t.true(isOurs(made))
  const name = uniqueName()
  const writer = createWriter(name, { sizeMb: 1, schema })
  const reader = createReader(name)
  await writer.write(made)
  await writer.write(new other.Table(schema as never) as never)
  using loan = await writer.loan(schema, 1)
  loan.commit(1)
  const read = [await reader.read(), await reader.read(), await reader.read()]
  t.deepEqual(
    read.map((one) => one!.numRows),
    [2, 0, 1],
  )
  writer.close()
  reader.close()
})

test('batches of another copy go through streams and operators', async (t) => {
  const sizes: number[] = []
  await pipeline(Readable.from([theirs, copyBatch(theirs)]), rebatch({ rows: 4 }), async (source) => {
    for await (const one of source) {
      t.true(isOurs(one))
      sizes.push(one.numRows)
    }
  })
  t.deepEqual(sizes, [4, 2])
  const chunks: Uint8Array[] = []
  await pipeline(Readable.from([theirs]), toIpc(), async (source) => {
    for await (const chunk of source) chunks.push(chunk)
  })
  t.is(arrow.tableFromIPC(Buffer.concat(chunks)).numRows, 3)
  const grouped = await lastValueFrom(
    of(theirs).pipe(
      selectRx(['sym']),
      groupAggregate({ by: ['sym'], aggregates: { rows: count() } }),
      toArray(),
    ),
  )
  t.deepEqual(batchToRows(grouped[0]! as RecordBatch) as unknown[], [
    { sym: 'a', rows: 2 },
    { sym: 'b', rows: 1 },
  ])
})

test('the dictionaries of another copy do not become those of ours with the same number', (t) => {
  const ours = new arrow.Table({
    sym: arrow.vectorFromArray(['x', 'y', 'z'], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8(), 0)),
    price: arrow.vectorFromArray([1, 2, 4], new arrow.Float64()),
  }).batches[0]! as unknown as RecordBatch
  const numbered = trade(['a', 'b', 'a'], [1, 2, 4])
  ;(numbered.schema.fields[0]!.type as { id: number }).id = 0
  const join = new LatestJoin({ by: ['price'], suffix: '_r' })
  join.addRight(numbered)
  const rows = batchToRows(join.join(ours)) as Record<string, unknown>[]
  t.deepEqual(
    rows.map((row) => [row['sym'], row['sym_r']]),
    [
      ['x', 'a'],
      ['y', 'b'],
      ['z', 'a'],
    ],
  )
})

test('what is no batch is refused by name', (t) => {
  const table = new arrow.Table({ n: arrow.vectorFromArray([1], new arrow.Int32()) })
  for (const call of [
    batchToRows,
    (one: never) => sliceRows(one, 0, 1),
    (one: never) => concatBatches([one]),
  ]) {
    t.throws(() => (call as (one: unknown) => unknown)(table), {
      code: 'ERR_QADS_INVALID_ARGUMENT',
      message: /of a table one of its batches/,
    })
  }
  t.throws(() => rowsToBatch([], {} as never), { code: 'ERR_QADS_INVALID_ARGUMENT' })
})
