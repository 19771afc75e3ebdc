import test from 'ava'
import {
  type DataType,
  Field,
  Float64,
  Int32,
  makeData,
  Map_,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import {
  AsofJoin,
  batchToRows,
  concatBatches,
  count,
  createReader,
  createWriter,
  dropColumns,
  filterRows,
  GroupAggregator,
  LatestJoin,
  Rebatcher,
  reduceColumns,
  renameColumns,
  rowsToBatch,
  selectColumns,
  sliceRows,
  sum,
  takeRows,
} from 'qadataswap'
import { uniqueName } from '../support/arenas.js'

/** What every object inherits, what arrays and Maps have, and names that are easily taken for none. */
const NAMES = [
  ...Object.getOwnPropertyNames(Object.prototype),
  'size',
  'length',
  'toJSON',
  'then',
  'prototype',
  '',
  '0',
]

const utf8 = (name: string) => new Field(name, new Utf8(), true)
const object = (entries: readonly (readonly [string, unknown])[]) => Object.fromEntries(entries)

function batchOf(columns: readonly (readonly [name: string, type: DataType, cells: unknown[]])[]) {
  const fields = columns.map(([name, type]) => new Field(name, type, true))
  const children = columns.map(([, type, cells]) => vectorFromArray(cells as never[], type).data[0]!)
  return new RecordBatch(
    new Schema(fields),
    makeData({ type: new Struct(fields), length: children[0]!.length, nullCount: 0, children }),
  )
}

const odd = batchOf(NAMES.map((name) => [name, new Utf8(), [`<${name}>`]]))

test('a column of any name is a property of the row itself, and the row inherits nothing else', (t) => {
  const [row] = batchToRows(odd)
  t.deepEqual(
    Object.entries(row!),
    Object.entries(
      object([...NAMES].sort((a, b) => Number(b === '0') - Number(a === '0')).map((n) => [n, `<${n}>`])),
    ),
  )
  t.is(Object.getPrototypeOf(row), Object.prototype)
  t.deepEqual(batchToRows(rowsToBatch([row!], odd.schema)), [row])
})

test('a struct column called __proto__ does not become what the row inherits from', (t) => {
  const schema = new Schema([new Field('__proto__', new Struct([utf8('admin')]), true)])
  const whole = rowsToBatch([object([['__proto__', { admin: 'yes' }]])], schema)
  const [row] = batchToRows(whole) as Record<string, unknown>[]
  t.is(row!['admin'], undefined)
  t.deepEqual(Object.entries(row!), [['__proto__', { admin: 'yes' }]])
})

test('a property that a row does not have is null, whatever all objects inherit', (t) => {
  for (const name of NAMES) {
    const schema = new Schema([new Field('s', new Struct([utf8(name)]), true), utf8(name)])
    const whole = rowsToBatch([{ s: {} }], schema)
    t.is(whole.getChildAt(1)!.get(0), null, name)
    t.is(whole.data.children[0]!.children[0]!.nullCount, 1, name)
  }
})

test('the getters of a class are read', (t) => {
  class Trade {
    constructor(private readonly cents: number) {}
    get price() {
      return this.cents / 100
    }
  }
  const schema = new Schema([new Field('price', new Int32(), true)])
  t.deepEqual(batchToRows(rowsToBatch([new Trade(500)], schema)), [{ price: 5 }])
})

test('a property called __proto__ of parsed JSON becomes a column', (t) => {
  const whole = rowsToBatch([JSON.parse('{"__proto__": "x", "a": 1}') as object]) as RecordBatch
  t.deepEqual(whole.schema.names, ['__proto__', 'a'])
  t.is(whole.getChildAt(0)!.get(0), 'x')
})

test('columns of any name are selected, dropped, renamed, filtered, grouped and joined by it', (t) => {
  for (const name of NAMES) {
    const text = `<${name}>`
    t.is(selectColumns(odd, [name]).getChildAt(0)!.get(0), text)
    const dropped = dropColumns(odd, [name]) as RecordBatch
    t.false(dropped.schema.names.includes(name))
    const renamed = renameColumns(odd, { ...object([[name, 'renamed']]) } as Record<
      string,
      string
    >) as RecordBatch
    t.true(renamed.schema.names.includes('renamed'))
    t.is(filterRows(odd, [name], (cell) => cell === text).numRows, 1)
    const groups = new GroupAggregator({ by: [name], aggregates: { rows: count() } })
    groups.add(odd)
    t.deepEqual(
      Object.entries(batchToRows(groups.finish()!)[0]!).sort(),
      [
        ['rows', 1],
        [name, text],
      ].sort(),
    )
    const join = new LatestJoin({ by: [name] })
    join.addRight(odd)
    t.is(join.join(odd).getChildAt(0)!.get(0), '<' + NAMES[0]! + '>')
  }
  const reduced = reduceColumns(
    batchOf([['n', new Int32(), [1, 2]]]),
    object([['__proto__', sum('n')]]) as never,
  )
  t.deepEqual(Object.entries(reduced), [['__proto__', 3n]])
})

const doubled = batchOf([
  ['id', new Int32(), [1, 2]],
  ['id', new Utf8(), ['a', 'b']],
  ['x', new Float64(), [0.5, 1.5]],
])
const typesOf = (batch: RecordBatch) =>
  batch.schema.fields.map((field) => `${field.name}:${String(field.type)}`).join()
const cells = (batch: RecordBatch) =>
  batch.data.children.map((_, i) => [...batch.getChildAt(i)!] as unknown[])
const TYPES = 'id:Int32,id:Utf8,x:Float64'

test('two columns of one name pass through an arena and every operation on others', async (t) => {
  const name = uniqueName()
  const writer = createWriter(name, { sizeMb: 1 })
  const reader = createReader(name)
  await writer.write(doubled)
  const got = (await reader.read())! as RecordBatch
  const same = (batch: RecordBatch, what: string) => {
    t.is(typesOf(batch), TYPES, what)
    t.deepEqual(
      cells(batch),
      [
        [1, 2],
        ['a', 'b'],
        [0.5, 1.5],
      ],
      what,
    )
  }
  same(got, 'arena')
  same(concatBatches([sliceRows(got, 0, 1), sliceRows(got, 1)]), 'slice and concat')
  same(takeRows(got, [0, 1]), 'take')
  same(
    filterRows(got, ['x'], () => true),
    'filter',
  )
  same([...new Rebatcher({ rows: 2 }).add(got)][0]!, 'rebatch')
  t.deepEqual(cells(filterRows(got, ['x'], (x) => x === 1.5)), [[2], ['b'], [1.5]])
  t.is(typesOf(dropColumns(got, ['x'])), 'id:Int32,id:Utf8')
  t.is(typesOf(renameColumns(got, { x: 'y' })), 'id:Int32,id:Utf8,y:Float64')
  t.is(typesOf(selectColumns(got, ['x'])), 'x:Float64')
  t.deepEqual(reduceColumns(got, { x: sum('x') }), { x: 2 })
  const left = new LatestJoin({ by: ['x'] })
  left.addRight(
    batchOf([
      ['x', new Float64(), [0.5]],
      ['y', new Int32(), [7]],
    ]),
  )
  const joined = left.join(got)
  t.is(typesOf(joined), `${TYPES},y:Int32`)
  t.deepEqual(cells(joined), [
    [1, 2],
    ['a', 'b'],
    [0.5, 1.5],
    [7, null],
  ])
  const right = new AsofJoin({ on: 'x' })
  right.addRight(got)
  right.endRight()
  t.is(typesOf(right.join(batchOf([['x', new Float64(), [2]]]))), 'x:Float64,id:Int32,id:Utf8')
  writer.close()
  reader.close()
})

test('a name that two columns have is refused where it would have to mean one of them', (t) => {
  const refused = (what: string, call: () => unknown) => {
    const error = t.throws(call, { code: 'ERR_QADS_INVALID_ARGUMENT' }, what)
    t.regex(error.message, /"id"/, what)
  }
  refused('select', () => selectColumns(doubled, ['id']))
  refused('rename', () => renameColumns(doubled, { id: 'y' }))
  refused('rename to it', () => renameColumns(doubled, { x: 'id' }))
  refused('filter', () => filterRows(doubled, ['id'], () => true))
  refused('rows', () => batchToRows(doubled))
  refused('from rows', () => rowsToBatch([{ id: 1 }], doubled.schema))
  refused('sum', () => reduceColumns(doubled, { id: sum('id') }))
  refused('group', () => new GroupAggregator({ by: ['id'], aggregates: {} }).add(doubled))
  refused('keys', () => new GroupAggregator({ by: ['id', 'id'], aggregates: {} }))
  refused('join', () => new LatestJoin({ by: ['id'] }).addRight(doubled))
  const struct = new Schema([new Field('s', new Struct([utf8('id'), utf8('id')]), true)])
  refused('struct', () => rowsToBatch([{ s: { id: '1' } }], struct))
  refused('rows of structs', () =>
    batchToRows(batchOf([['s', struct.fields[0]!.type as DataType, [['1', '2']]]])),
  )
  const clash = new LatestJoin({ by: ['x'], suffix: '_2' })
  clash.addRight(
    batchOf([
      ['x', new Float64(), [1]],
      ['y', new Int32(), [1]],
      ['y_2', new Int32(), [1]],
    ]),
  )
  t.throws(
    () =>
      clash.join(
        batchOf([
          ['x', new Float64(), [1]],
          ['y', new Int32(), [1]],
        ]),
      ),
    {
      message: /two columns "y_2"/,
    },
  )
  t.is(typesOf(dropColumns(doubled, ['id'])), 'x:Float64')
})

test('a map whose key and value have one name is made of both', (t) => {
  const entries = new Struct([new Field('x', new Utf8()), utf8('x')])
  const schema = new Schema([new Field('m', new Map_(new Field('entries', entries as never)), true)])
  const map = new Map([['k', 'v']])
  t.deepEqual(batchToRows(rowsToBatch([{ m: map }], schema)) as unknown[], [{ m: map }])
})
