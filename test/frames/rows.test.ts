import { deepStrictEqual } from 'node:assert/strict'
import test from 'ava'
import {
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  Int8,
  List,
  Schema,
  Struct,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  Utf8,
} from 'apache-arrow'
import fc from 'fast-check'
import { batchToRows, rowsToBatch } from 'qadataswap'
import { anyKinds, batch, throughIpc } from './support/batches.js'
import { rowsOf } from './support/cells.js'
import { ALL_KINDS } from './support/columns.js'
import { holds } from './support/property.js'

const BUILDABLE = ALL_KINDS.filter((kind) => !/Union|Decimal/.test(kind.name))
const schemaOf = (fields: Record<string, DataType>) =>
  new Schema(Object.entries(fields).map(([name, type]) => new Field(name, type, true)))

test('any batch comes back from its rows, exactly', (t) => {
  holds(
    t,
    fc.property(
      anyKinds(BUILDABLE).chain((kinds) => batch(kinds)),
      (whole) => {
        const rows = batchToRows(whole, { timestamps: 'exact' })
        const again = rowsToBatch(rows, whole.schema)
        deepStrictEqual(rowsOf(again), rowsOf(whole))
        deepStrictEqual(rowsOf(throughIpc(again)), rowsOf(whole))
      },
    ),
    { numRuns: 400 },
  )
})

test('the values 0 and -0 of a dictionary are two', (t) => {
  const type = new Dictionary(new Float64(), new Int8())
  const cells = [{ x: -0 }, { x: 0 }, { x: null }, { x: -0 }]
  t.deepEqual(batchToRows(rowsToBatch(cells, schemaOf({ x: type }))), cells)
})

test('decimals are strings with all their digits, and come back', (t) => {
  const schema = schemaOf({ amount: new Decimal(2, 38, 128) })
  holds(
    t,
    fc.property(fc.array(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })), (unscaled) => {
      const whole = rowsToBatch(
        unscaled.map((amount) => ({ amount })),
        schema,
      )
      const rows = batchToRows(whole)
      rows.forEach((row, i) =>
        deepStrictEqual(BigInt((row['amount'] as string).replace('.', '')), unscaled[i]),
      )
      deepStrictEqual(rowsOf(rowsToBatch(rows, schema)), rowsOf(whole))
    }),
  )
  const given = rowsToBatch(
    [{ amount: '-0.05' }, { amount: 12 }, { amount: 12.5 }, { amount: 7n }, {}],
    schema,
  )
  t.deepEqual(
    batchToRows(given).map((row) => row['amount'] as unknown),
    ['-0.05', '12.00', '12.50', '0.07', null],
  )
})

test('numbers that print with an exponent are decimals, with the digits that they print', (t) => {
  const schema = schemaOf({ d: new Decimal(30, 76, 256) })
  const numbers = [1e21, -1.5e21, 1.234567e25, 1e-7, -2.5e-7, 1.234567890123e-9, 123.456, -0.5, 0]
  const texts = batchToRows(
    rowsToBatch(
      numbers.map((d) => ({ d })),
      schema,
    ),
  ).map((row) => row['d'] as string)
  t.deepEqual(texts.map(Number), numbers)
  t.is(texts[0], `1${'0'.repeat(21)}.${'0'.repeat(30)}`)
  t.is(texts[4], `-0.00000025${'0'.repeat(22)}`)
  const whole = schemaOf({ d: new Decimal(0, 38, 128) })
  t.deepEqual(batchToRows(rowsToBatch([{ d: 1e21 }], whole)), [{ d: `1${'0'.repeat(21)}` }])
  for (const d of [1e-7, NaN, Infinity, 1e40, '1e5', '1e-7']) {
    t.throws(() => rowsToBatch([{ d }], whole), { message: /^column "d": row 0: / }, String(d))
  }
})

test('a schema is inferred from all rows, with nulls for what is missing', (t) => {
  const whole = rowsToBatch([
    { n: 1, id: 1n, flag: true, at: new Date(5), list: [1, 2], point: { x: 1 } },
    { n: null, word: 'x', raw: new Uint8Array([1]), list: [null], point: { x: null, y: 'b' }, nothing: null },
  ] as object[])
  t.deepEqual(
    whole.schema.fields.map((field) => `${field.name}: ${String(field.type)}`),
    [
      'n: Float64',
      'id: Int64',
      'flag: Bool',
      'at: Timestamp<MILLISECOND>',
      'list: List<Float64>',
      'point: Struct<{x:Float64, y:Utf8}>',
      'word: Utf8',
      'raw: Binary',
      'nothing: Null',
    ],
  )
  t.deepEqual(batchToRows(whole) as unknown[], [
    {
      n: 1,
      id: 1n,
      flag: true,
      at: 5,
      list: [1, 2],
      point: { x: 1, y: null },
      word: null,
      raw: null,
      nothing: null,
    },
    {
      n: null,
      id: null,
      flag: null,
      at: null,
      list: [null],
      point: { x: null, y: 'b' },
      word: 'x',
      raw: new Uint8Array([1]),
      nothing: null,
    },
  ])
})

test('values of two kinds in one column are refused by name', (t) => {
  const error = t.throws(() => rowsToBatch([{ a: { b: 1 } }, { a: { b: 'x' } }]), {
    code: 'ERR_QADS_INVALID_ARGUMENT',
  })
  t.is(error.message, 'no type of column "a.b" can hold "x" and 1; give a schema or convert the values')
})

test('timestamps read as milliseconds, exactly, or as dates', (t) => {
  const schema = schemaOf({ at: new TimestampNanosecond() })
  const whole = rowsToBatch([{ at: -1_500_000_001n }, { at: 1_700_000_000_123_456_789n }], schema)
  const read = (form?: 'exact' | 'date') =>
    batchToRows(whole, form && { timestamps: form }).map((row): unknown => row['at'])
  t.deepEqual(read(), [-1500.000001, 1_700_000_000_123.4568])
  t.deepEqual(read('exact'), [-1_500_000_001n, 1_700_000_000_123_456_789n])
  t.deepEqual(read('date'), [new Date(-1501), new Date(1_700_000_000_123)])
})

test('milliseconds and dates are stored in the unit of the column', (t) => {
  const schema = schemaOf({
    ms: new TimestampMillisecond(),
    us: new TimestampMicrosecond(),
    ns: new TimestampNanosecond(),
    day: new DateDay(),
  })
  const at = 1_700_000_000_123.25
  const whole = rowsToBatch(
    [
      { ms: at, us: at, ns: at, day: at },
      { ms: new Date(-1), us: new Date(-1), ns: new Date(-1), day: new Date(-1) },
    ],
    schema,
  )
  t.deepEqual(rowsOf(whole), [
    { ms: 1_700_000_000_123n, us: 1_700_000_000_123_250n, ns: 1_700_000_000_123_250_000n, day: 19_675 },
    { ms: -1n, us: -1000n, ns: -1_000_000n, day: -1 },
  ])
})

test('rows share no memory with their batch', (t) => {
  const whole = rowsToBatch([{ raw: new Uint8Array([1, 2]), word: 'abc' }])
  const [row] = batchToRows(whole)
  for (const column of whole.data.children) (column.values as Uint8Array).fill(0)
  t.deepEqual(row as unknown, { raw: new Uint8Array([1, 2]), word: 'abc' })
})

test('properties without a column are left out', (t) => {
  t.deepEqual(batchToRows(rowsToBatch([{ a: 1, b: 2 }], schemaOf({ a: new Int32() }))) as unknown[], [
    { a: 1 },
  ])
})

const refused: readonly [name: string, type: DataType, value: unknown, message: string][] = [
  [
    'a fraction',
    new Int32(),
    1.5,
    'column "x": row 1: a column of Int32 takes a whole number (as bigint beyond 2^53), got 1.5',
  ],
  ['an integer out of range', new Int8(), 128, 'column "x": row 1: 128 does not fit into Int8'],
  [
    'a 64-bit integer out of range',
    new Int64(),
    2n ** 63n,
    'column "x": 9223372036854775808 does not fit into Int64',
  ],
  [
    'a string for a number',
    new Float64(),
    '5',
    'column "x": row 1: a column of Float64 takes a number, got "5"',
  ],
  ['a number for a string', new Utf8(), 5, 'column "x": row 1: a column of Utf8 takes a string, got 5'],
  ['a number for a boolean', new Bool(), 1, 'column "x": row 1: a column of Bool takes true or false, got 1'],
  [
    'text that is no decimal',
    new Decimal(2, 10, 128),
    '1e5',
    'column "x": row 1: "1e5" is no decimal number',
  ],
  [
    'digits beyond the scale',
    new Decimal(2, 10, 128),
    '0.125',
    'column "x": row 1: 0.125 has more digits than the scale 2 of the column',
  ],
  [
    'too many digits',
    new Decimal(0, 3, 128),
    1000n,
    'column "x": row 1: 1000 has more than the 3 digits of Decimal[3e0]',
  ],
  [
    'an invalid date',
    new TimestampMillisecond(),
    new Date(NaN),
    'column "x": row 1: a column of Timestamp<MILLISECOND> takes a Date, or milliseconds since the epoch, got an instance of Date',
  ],
  [
    'a bad item of a list',
    new List(new Field('item', new Int8(), true)),
    [1, 'a'],
    'column "x": "item": row 2: a column of Int8 takes a whole number (as bigint beyond 2^53), got "a"',
  ],
  [
    'no object for a struct',
    new Struct([new Field('a', new Int8(), true)]),
    5,
    'column "x": row 1: the column takes an object, got 5',
  ],
]
for (const [name, type, value, message] of refused) {
  test(`${name} is refused with the column, the row and the value`, (t) => {
    const first = type instanceof List ? [7] : null
    const error = t.throws(() => rowsToBatch([{ x: first }, { x: value }], schemaOf({ x: type })))
    t.is(error.message, message)
    t.regex((error as Error & { code: string }).code, /^ERR_QADS_(INVALID_ARGUMENT|OUT_OF_RANGE)$/)
  })
}

test('a null in a column that has none is refused', (t) => {
  const schema = new Schema([new Field('x', new Int32(), false)])
  const error = t.throws(() => rowsToBatch([{ x: 1 }, {}], schema), { code: 'ERR_QADS_INVALID_ARGUMENT' })
  t.is(error.message, 'column "x": row 1 has no value, and the schema says that all have')
})

test('more values than a dictionary can index are refused', (t) => {
  const schema = schemaOf({ x: new Dictionary(new Utf8(), new Int8()) })
  const rows = (n: number) => Array.from({ length: n }, (_, i) => ({ x: String(i) }))
  t.deepEqual(batchToRows(rowsToBatch(rows(128), schema)) as unknown[], rows(128))
  t.throws(() => rowsToBatch(rows(129), schema), { code: 'ERR_QADS_INVALID_ARGUMENT' })
})
