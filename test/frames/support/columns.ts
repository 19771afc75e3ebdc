import {
  Binary,
  BinaryView,
  Bool,
  type Data,
  type DataType,
  DateDay,
  DateMillisecond,
  Decimal,
  DenseUnion,
  Dictionary,
  DurationMicrosecond,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  IntervalMonthDayNano,
  LargeBinary,
  LargeList,
  LargeUtf8,
  List,
  makeData,
  Map_,
  Null,
  SparseUnion,
  Struct,
  TimeMillisecond,
  TimeNanosecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  Utf8View,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import fc from 'fast-check'

/** A type, and how to make a column of it without any of the functions under test. */
export interface ColumnKind {
  readonly name: string
  readonly type: DataType
  /** Columns of so many rows. */
  column(rows: number): fc.Arbitrary<Data>
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
/** The dates that JavaScript knows, in milliseconds before and after the epoch. */
const MAX_DATE_MS = 8_640_000_000_000_000n
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('', 'AAA', 'BBB', 'a longer text than a view holds'),
)
const bytes = fc.uint8Array({ maxLength: 20 })
const float = fc.oneof(fc.double(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity))

/** Values with nulls among them: none, some or all. */
function cellsOf<V>(value: fc.Arbitrary<V>, rows: number): fc.Arbitrary<(V | null)[]> {
  const size = { minLength: rows, maxLength: rows }
  return fc.oneof(
    { weight: 3, arbitrary: fc.array(value, size) },
    { weight: 5, arbitrary: fc.array(fc.option(value, { freq: 3 }), size) },
    { weight: 1, arbitrary: fc.constant(new Array<null>(rows).fill(null)) },
  )
}

/** Columns that apache-arrow's builders make. */
function built(type: DataType, value: fc.Arbitrary<unknown>): ColumnKind {
  return {
    name: typeName(type),
    type,
    column: (rows) =>
      cellsOf(value, rows).map((cells) =>
        vectorFromArray(rows === 0 ? [null] : cells, type).data[0]!.slice(0, rows),
      ),
  }
}

/** Columns of a stored array, for types whose builders convert or round. */
function stored(
  type: DataType,
  value: fc.Arbitrary<number | bigint>,
  create: (values: (number | bigint)[]) => unknown,
): ColumnKind {
  return {
    name: typeName(type),
    type,
    column: (rows) =>
      cellsOf(value, rows).map((cells) => {
        const zero = type.ArrayType === BigInt64Array || type.ArrayType === BigUint64Array ? 0n : 0
        const data = create(cells.map((cell) => cell ?? zero))
        return makeData({ type, length: rows, nullBitmap: bitmap(cells), data } as never)
      }),
  }
}

function typeName(type: DataType): string {
  return (type as Int32).toString()
}

function bitmap(cells: readonly unknown[]): Uint8Array {
  const bits = new Uint8Array(((cells.length + 63) >> 6) << 3 || 8)
  cells.forEach((cell, i) => {
    if (cell !== null) bits[i >> 3]! |= 1 << (i & 7)
  })
  return bits
}

const integer = (bits: number, signed: boolean) => {
  const low = signed ? -(2 ** (bits - 1)) : 0
  return fc.integer({ min: low, max: low + 2 ** bits - 1 })
}
const fixed = (type: DataType, value: fc.Arbitrary<number | bigint>) =>
  stored(type, value, (values) => (type.ArrayType as { from(values: unknown[]): unknown }).from(values))

function union(dense: boolean): ColumnKind {
  const children = [new Field('number', new Int32(), true), new Field('text', new Utf8(), true)]
  const type = dense ? new DenseUnion([3, 7], children) : new SparseUnion([3, 7], children)
  const numbers = built(new Int32(), integer(32, true))
  const texts = built(new Utf8(), text)
  const column = (rows: number) =>
    fc
      .tuple(
        numbers.column(rows),
        texts.column(rows),
        fc.array(fc.boolean(), { minLength: rows, maxLength: rows }),
      )
      .map(([number, word, isText]) => {
        const typeIds = Int8Array.from(isText, (yes) => (yes ? 7 : 3))
        const used = [0, 0]
        const offsets = Int32Array.from(isText, (yes) => used[Number(yes)]!++)
        return makeData({
          type,
          length: rows,
          typeIds,
          children: [number, word],
          ...(dense ? { valueOffsets: offsets } : {}),
        } as never)
      })
  return { name: `${dense ? 'dense' : 'sparse'} ${typeName(type)}`, type, column }
}

/** Rows that share a dictionary, of which some entries are not used and some may be null. */
function dictionary(type: Dictionary, value: fc.Arbitrary<unknown>): ColumnKind {
  return {
    name: typeName(type),
    type,
    column: (rows) =>
      fc
        .tuple(fc.uniqueArray(value, { minLength: 1, maxLength: 6 }), cellsOf(fc.nat(5), rows))
        .map(([values, cells]) => {
          const entries = new Vector([vectorFromArray(values, type.dictionary as DataType).data[0]!])
          const data = type.indices.ArrayType.from(cells.map((cell) => (cell ?? 0) % values.length))
          return makeData({
            type,
            length: rows,
            nullBitmap: bitmap(cells),
            data,
            dictionary: entries,
          } as never)
        }),
  }
}

const point = new Struct<{ x: Int32; label: Utf8 }>([
  new Field('x', new Int32(), true),
  new Field('label', new Utf8(), true),
] as never)
const mapType = new Map_<Utf8, Int32>(
  new Field(
    'entries',
    new Struct<{ key: Utf8; value: Int32 }>([
      new Field('key', new Utf8()),
      new Field('value', new Int32(), true),
    ] as never),
    false,
  ),
)
const nullable = <V>(value: fc.Arbitrary<V>) => fc.option(value, { freq: 4 })
const pointValue = fc.record({ x: nullable(integer(32, true)), label: nullable(text) })

/** Types of single values: what keys and aggregates take. */
export const SCALARS: readonly ColumnKind[] = [
  built(new Bool(), fc.boolean()),
  fixed(new Int8(), integer(8, true)),
  fixed(new Int16(), integer(16, true)),
  fixed(new Int32(), integer(32, true)),
  fixed(new Int64(), int64),
  fixed(new Uint8(), integer(8, false)),
  fixed(new Uint16(), integer(16, false)),
  fixed(new Uint32(), integer(32, false)),
  fixed(new Uint64(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  stored(new Float16(), integer(16, false), (values) => Uint16Array.from(values as number[])),
  fixed(new Float32(), float.map(Math.fround)),
  fixed(new Float64(), float),
  built(new Utf8(), text),
  built(new LargeUtf8(), text),
  built(new Utf8View(), text),
  built(new Binary(), bytes),
  built(new LargeBinary(), bytes),
  built(new BinaryView(), bytes),
  built(new FixedSizeBinary(3), fc.uint8Array({ minLength: 3, maxLength: 3 })),
  built(new Decimal(2, 38, 128), fc.uint32Array({ minLength: 4, maxLength: 4, max: 0xffff })),
  fixed(new DateDay(), integer(20, true)),
  fixed(new DateMillisecond(), fc.bigInt({ min: -MAX_DATE_MS, max: MAX_DATE_MS })),
  fixed(new TimeMillisecond(), integer(26, false)),
  fixed(new TimeNanosecond(), fc.bigInt({ min: 0n, max: 86_399_999_999_999n })),
  fixed(new TimestampSecond(), fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n })),
  fixed(new TimestampMicrosecond('UTC'), int64),
  fixed(new TimestampNanosecond(), int64),
  fixed(new DurationMicrosecond(), int64),
]

/** Every kind of type that there is. */
export const ALL_KINDS: readonly ColumnKind[] = [
  ...SCALARS,
  {
    name: 'Null',
    type: new Null(),
    column: (rows) => fc.constant(makeData({ type: new Null(), length: rows })),
  },
  built(new IntervalMonthDayNano(), fc.int32Array({ minLength: 4, maxLength: 4 })),
  dictionary(new Dictionary(new Utf8(), new Int32(), 1), text),
  dictionary(new Dictionary(new Int64(), new Int8(), 2), int64),
  dictionary(new Dictionary(new Float64(), new Uint16(), 3), fc.double({ noNaN: true })),
  built(
    new List(new Field('item', new Int32(), true)),
    fc.array(nullable(integer(32, true)), { maxLength: 4 }),
  ),
  built(new List(new Field('item', new Utf8(), true)), fc.array(nullable(text), { maxLength: 3 })),
  built(
    new LargeList(new Field('item', new Bool(), true)),
    fc.array(nullable(fc.boolean()), { maxLength: 9 }),
  ),
  built(
    new FixedSizeList(2, new Field('item', new Utf8(), true)),
    fc.array(nullable(text), { minLength: 2, maxLength: 2 }),
  ),
  built(point, pointValue),
  built(new List(new Field('item', point, true)), fc.array(nullable(pointValue), { maxLength: 3 })),
  built(
    mapType,
    fc
      .uniqueArray(fc.tuple(text, nullable(integer(32, true))), { maxLength: 3, selector: ([key]) => key })
      .map((entries) => new Map(entries)),
  ),
  union(true),
  union(false),
]
