import test from 'ava'
import {
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Dictionary,
  DurationMicrosecond,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  Int64,
  Int8,
  IntervalYearMonth,
  LargeUtf8,
  List,
  makeData,
  Map_,
  RecordBatch,
  Schema,
  SparseUnion,
  Struct,
  Table,
  TimeMicrosecond,
  Timestamp,
  TimeUnit,
  Uint16,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import {
  concatBatches,
  createReader,
  createWriter,
  SchemaMismatchError,
  selectColumns,
  sliceRows,
  takeRows,
  type WriterOptions,
} from 'qadataswap'

import { leavesNothing, uniqueName } from '../support/arenas.js'

leavesNothing(test)

type Columns = Record<string, DataType>

function schemaOf(columns: Columns, metadata?: Map<string, string>, nullable = true): Schema {
  return new Schema(
    Object.entries(columns).map(([name, type]) => new Field(name, type, nullable)),
    metadata,
  )
}

function emptyOf(schema: Schema): Table {
  return new Table(schema)
}

/** What both ways of fixing the schema say of a second one: '' when they take it. */
async function verdicts(first: Schema, second: Schema): Promise<string[]> {
  const found: string[] = []
  for (const options of [{ oneSchema: true }, { schema: first }] satisfies WriterOptions[]) {
    using writer = createWriter(uniqueName(), { sizeMb: 1, ...options })
    await writer.write(emptyOf(first))
    try {
      await writer.write(emptyOf(second))
      found.push('')
    } catch (error) {
      if (!(error instanceof SchemaMismatchError)) throw error
      found.push(error.message.replace(/^.*?another: /, ''))
    }
    // A batch that was refused leaves the writer as it was.
    await writer.write(emptyOf(first))
  }
  return found
}

const words = () => new Dictionary(new Utf8(), new Int32())

test('a table that is made in the same way has the same schema, whatever the numbers of its dictionaries', async (t) => {
  const make = () =>
    new Table({ sym: vectorFromArray(['a', 'b', 'a']), n: vectorFromArray([1, 2, 3], new Int32()) })
  const [first, second] = [make(), make()]
  t.not((first.schema.fields[0]!.type as Dictionary).id, (second.schema.fields[0]!.type as Dictionary).id)
  using writer = createWriter(uniqueName(), { sizeMb: 1, schema: first.schema })
  using reader = createReader(writer.name)
  for (const table of [first, second]) {
    await writer.write(table)
    t.deepEqual([...(await reader.read())!.getChild('sym')!], ['a', 'b', 'a'])
  }
})

test('metadata says nothing about the columns: pandas keeps the range of its index there', async (t) => {
  const pandas = (stop: number) =>
    schemaOf(
      { x: new Float64(), s: words() },
      new Map([['pandas', `{"index_columns": [{"stop": ${stop}}]}`]]),
    )
  t.deepEqual(await verdicts(pandas(2), pandas(3)), ['', ''])
  const noted = (note: string) => new Schema([new Field('x', new Float64(), true, new Map([['note', note]]))])
  t.deepEqual(await verdicts(noted('a'), noted('b')), ['', ''])
  const uuid = (name: string) =>
    new Schema([new Field('x', new FixedSizeBinary(16), true, new Map([['ARROW:extension:name', name]]))])
  const said =
    'column "x" is extension "b" of fixed_size_binary[16], expected extension "a" of fixed_size_binary[16]'
  t.deepEqual(await verdicts(uuid('a'), uuid('b')), [said, said])
})

test('readers get every batch with its own schema', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1, oneSchema: true })
  using reader = createReader(writer.name)
  for (const note of ['a', 'b', 'a']) {
    await writer.write(emptyOf(schemaOf({ x: new Int32() }, new Map([['note', note]]))))
    t.is((await reader.read())!.schema.metadata.get('note'), note)
  }
})

test('metadata of a single batch goes through an arena and back', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  using reader = createReader(writer.name)
  const schema = schemaOf({ x: new Int32() })
  const batchWith = (metadata: Map<string, string>) => {
    const child = vectorFromArray([1, 2], new Int32()).data[0]!
    const data = makeData({ type: new Struct(schema.fields), length: 2, nullCount: 0, children: [child] })
    return new RecordBatch(schema, data, metadata)
  }
  const marks = [
    new Map([['mark', 'a']]),
    new Map<string, string>(),
    new Map([
      ['mark', 'b'],
      ['', 'ü'],
    ]),
  ]
  for (const metadata of marks) {
    await writer.write(batchWith(metadata))
    const batch = (await reader.read())!
    t.deepEqual([...batch.metadata], [...metadata])
    await writer.write(batch)
    t.deepEqual([...(await reader.read())!.metadata], [...metadata])
  }
  // What is made of a batch keeps its metadata.
  const whole = batchWith(marks[0]!)
  for (const made of [
    sliceRows(whole, 1),
    takeRows(whole, [1]),
    selectColumns(whole, ['x']),
    concatBatches([whole, whole]),
  ])
    t.deepEqual([...made.metadata], [['mark', 'a']])
})

const x = (type: DataType) => schemaOf({ x: type })
const list = (type: DataType, name = 'item', nullable = true) => new List(new Field(name, type, nullable))
const map = (value: DataType) =>
  new Map_(
    new Field(
      'entries',
      new Struct([new Field('key', new Utf8(), false), new Field('value', value, true)]) as never,
    ),
  )
const union = (ids: number[]) =>
  new SparseUnion(ids, [new Field('a', new Int32(), true), new Field('b', new Utf8(), true)])
const struct = (name: string) => new Struct([new Field(name, new Int32(), true)])

const DIFFERENCES: [string, Schema, Schema, string][] = [
  [
    'a missing column',
    schemaOf({ a: new Int32(), b: new Utf8() }),
    schemaOf({ a: new Int32() }),
    'column "b" is missing',
  ],
  [
    'an extra column',
    schemaOf({ a: new Int32() }),
    schemaOf({ a: new Int32(), b: new Utf8() }),
    'column "b" is not expected',
  ],
  [
    'a renamed column',
    schemaOf({ a: new Int32() }),
    schemaOf({ A: new Int32() }),
    'column "a" is missing; column "A" is not expected',
  ],
  [
    'many columns',
    x(new Int32()),
    schemaOf(Object.fromEntries(['x', 'p', 'q', 'r', 's', 't'].map((name) => [name, new Int32()]))),
    'columns "p", "q", "r" and 2 more are not expected',
  ],
  [
    'another order',
    schemaOf({ a: new Int32(), b: new Utf8() }),
    schemaOf({ b: new Utf8(), a: new Int32() }),
    'the columns are in another order: column 0 is "b", expected "a"',
  ],
  ['a wider integer', x(new Int32()), x(new Int64()), 'column "x" is int64, expected int32'],
  ['the sign', x(new Int8()), x(new Uint16()), 'column "x" is uint16, expected int8'],
  ['a float', x(new Float32()), x(new Float64()), 'column "x" is float64, expected float32'],
  ['another type', x(new Bool()), x(new DateDay()), 'column "x" is date32, expected bool'],
  ['large strings', x(new Utf8()), x(new LargeUtf8()), 'column "x" is large_utf8, expected utf8'],
  [
    'the digits of decimals',
    x(new Decimal(2, 38, 128)),
    x(new Decimal(-3, 10, 128)),
    'column "x" is decimal128(10, -3), expected decimal128(38, 2)',
  ],
  [
    'a unit',
    x(new Timestamp(TimeUnit.NANOSECOND, 'UTC')),
    x(new Timestamp(TimeUnit.MILLISECOND)),
    'column "x" is timestamp[ms], expected timestamp[ns, UTC]',
  ],
  [
    'times',
    x(new TimeMicrosecond()),
    x(new DurationMicrosecond()),
    'column "x" is duration[us], expected time64[us]',
  ],
  ['intervals', x(new IntervalYearMonth()), x(new Int32()), 'column "x" is int32, expected interval[months]'],
  [
    'nullability',
    schemaOf({ x: new Int32() }, undefined, false),
    x(new Int32()),
    'column "x" is int32, expected int32 not null',
  ],
  ['items', x(list(new Utf8())), x(list(new Int32())), 'column "x" is list<int32>, expected list<utf8>'],
  ['the name of items', x(list(new Utf8())), x(list(new Utf8(), 'element')), ''],
  [
    'nulls among items',
    x(list(new Utf8())),
    x(list(new Utf8(), 'item', false)),
    'column "x" is list<utf8 not null>, expected list<utf8>',
  ],
  [
    'a size',
    x(new FixedSizeList(2, new Field('item', new Int8(), true))),
    x(new FixedSizeList(3, new Field('item', new Int8(), true))),
    'column "x" is fixed_size_list[3]<int8>, expected fixed_size_list[2]<int8>',
  ],
  [
    'members',
    x(struct('a "quoted"\n')),
    x(struct('b')),
    'column "x" is struct<"b": int32>, expected struct<"a \\"quoted\\"\\x0a": int32>',
  ],
  [
    'the values of maps',
    x(map(new Int32())),
    x(map(new Utf8())),
    'column "x" is map<utf8 not null, utf8>, expected map<utf8 not null, int32>',
  ],
  [
    'the ids of unions',
    x(union([0, 1])),
    x(union([0, 5])),
    'column "x" is union[sparse]<0 "a": int32, 5 "b": utf8>, expected union[sparse]<0 "a": int32, 1 "b": utf8>',
  ],
  [
    'a dictionary',
    x(new Dictionary(new Utf8(), new Int32())),
    x(new Dictionary(new Utf8(), new Int8())),
    'column "x" is dictionary<utf8, int8>, expected dictionary<utf8, int32>',
  ],
  [
    'its order',
    x(words()),
    x(new Dictionary(new Utf8(), new Int32(), undefined, true)),
    'column "x" is dictionary<utf8, int32, ordered>, expected dictionary<utf8, int32>',
  ],
  [
    'several types',
    schemaOf({ a: new Int32(), b: new Int32(), c: new Int32() }),
    schemaOf({ a: new Int64(), b: new Int64(), c: new Int64() }),
    'column "a" is int64, expected int32; 2 more differ',
  ],
]

for (const [what, first, second, expected] of DIFFERENCES) {
  test(`of two schemas the difference is told: ${what}`, async (t) => {
    t.deepEqual(await verdicts(first, second), [expected, expected])
  })
}

test('a name of any length leaves the message readable', async (t) => {
  const [verdict] = await verdicts(x(new Int32()), schemaOf({ ['é'.repeat(500)]: new Int32() }))
  t.is(verdict, `column "x" is missing; column "${'é'.repeat(30)}..." is not expected`)
})
