import * as arrow from 'apache-arrow'
import test from 'ava'
import fc from 'fast-check'
import { DecodeCache, decodeSlot } from '#src/codec/decode.js'
import { planLoan } from '#src/codec/loan.js'
import { InvalidArgumentError } from '#src/base/errors.js'
import { assertBatchesEqual } from '../support/equal.js'
import { Random } from '../support/random.js'
import { LEAF_NAMES, LEAF_TYPES, type LeafName } from '../support/type_specs.js'
import { layoutOf } from './layout_oracle.js'
import { readFile, readStream } from './slots.js'

const VARIABLE: readonly LeafName[] = [
  'null',
  'utf8',
  'largeUtf8',
  'utf8View',
  'binary',
  'largeBinary',
  'binaryView',
]
const FIXED = LEAF_NAMES.filter((name) => !VARIABLE.includes(name))

const column = fc.record({
  type: fc.constantFrom(...FIXED),
  nullable: fc.boolean(),
  /** Sizes of fixed-size lists around the type, outermost first. */
  lists: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
})

function typeOf(leaf: arrow.DataType, lists: readonly number[]): arrow.DataType {
  return lists.reduceRight<arrow.DataType>(
    (item, size) => new arrow.FixedSizeList(size, new arrow.Field('item', item, true)),
    leaf,
  )
}

/** A batch that a loan was filled with, made of copies of its arrays. */
function copyOf(
  schema: arrow.Schema,
  rows: number,
  arrays: Record<string, Uint8Array>,
  validity: Record<string, Uint8Array>,
) {
  const children = schema.fields.map(({ name, type }: arrow.Field) => {
    const build = (of: arrow.DataType, length: number, nullBitmap?: Uint8Array): arrow.Data => {
      if (of.typeId !== arrow.Type.FixedSizeList) {
        return arrow.makeData({ type: of, length, nullBitmap, data: arrays[name]!.slice() } as never)
      }
      const { listSize, children } = of as arrow.FixedSizeList
      const child = build(children[0]!.type as arrow.DataType, length * listSize)
      return arrow.makeData({ type: of, length, nullBitmap, child } as never)
    }
    return build(type as arrow.DataType, rows, validity[name]?.slice())
  })
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length: rows, nullCount: 0, children })
  return new arrow.RecordBatch(schema, data)
}

test('what was filled in is a slot of the rows that were committed', (t) => {
  fc.assert(
    fc.property(
      fc.array(column, { maxLength: 5 }),
      fc.integer({ min: 0, max: 40 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(0, 8, 64),
      fc.integer(),
      (columns, reserved, share, offset, seed) => {
        const random = new Random(seed)
        const schema = new arrow.Schema(
          columns.map(({ type, lists, nullable }, i) => {
            return new arrow.Field(`c${i}`, typeOf(LEAF_TYPES[type]() as arrow.DataType, lists), nullable)
          }),
        )
        const rows = Math.round(reserved * share)
        const plan = planLoan(schema, reserved)
        const ring = new Uint8Array(offset + plan.byteLength + 32).fill(0xee)
        const arrays = plan.open(ring, offset) as Record<string, Uint8Array>
        for (const array of Object.values(arrays)) {
          new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(random.bytes(array.byteLength))
        }
        const validity = plan.validity as Record<string, Uint8Array>
        for (const bits of Object.values(validity)) {
          t.true(bits.every((byte) => byte === 0xff))
          if (random.chance(0.5)) bits.set(random.bytes(bits.length))
        }
        const expected = copyOf(schema, rows, arrays, validity)
        const length = plan.finish(rows)
        t.true(length <= plan.byteLength)
        t.true(rows < reserved || length === plan.byteLength || Object.keys(validity).length > 0)
        t.true(ring.subarray(0, offset).every((byte) => byte === 0xee))
        t.true(ring.subarray(offset + plan.byteLength).every((byte) => byte === 0xee))
        const slot = ring.slice(offset, offset + length)
        assertBatchesEqual(readFile(slot), expected)
        assertBatchesEqual(readStream(slot), expected)
        assertBatchesEqual(decodeSlot(slot, layoutOf(slot), new DecodeCache()), expected)
      },
    ),
    { numRuns: 400 },
  )
})

test('the arrays are of the type of the column and lie in the target', (t) => {
  const schema = new arrow.Schema([
    new arrow.Field('price', new arrow.Float64()),
    new arrow.Field('id', new arrow.Int64(), true),
    new arrow.Field('flag', new arrow.Bool()),
    new arrow.Field('embedding', new arrow.FixedSizeList(4, new arrow.Field('item', new arrow.Float32()))),
  ])
  const plan = planLoan(schema, 10)
  const ring = new Uint8Array(plan.byteLength)
  const columns = plan.open(ring) as Record<string, Float64Array>
  t.deepEqual(
    Object.entries(columns).map(([name, array]) => [name, array.constructor.name, array.length]),
    [
      ['price', 'Float64Array', 10],
      ['id', 'BigInt64Array', 10],
      ['flag', 'Uint8Array', 2],
      ['embedding', 'Float32Array', 40],
    ],
  )
  for (const array of Object.values(columns)) {
    t.is(array.buffer, ring.buffer)
    t.is(array.byteOffset % 64, 0)
  }
  t.deepEqual(Object.keys(plan.validity), ['id'])
})

test('columns without a fixed width are refused by name', (t) => {
  for (const type of [
    new arrow.Utf8(),
    new arrow.Null(),
    new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()),
    new arrow.List(new arrow.Field('item', new arrow.Int8())),
    new arrow.Struct([new arrow.Field('a', new arrow.Int8())]),
  ]) {
    const schema = new arrow.Schema([
      new arrow.Field('x', new arrow.Int8()),
      new arrow.Field('y', type as arrow.DataType),
    ])
    t.throws(() => planLoan(schema, 1), {
      instanceOf: InvalidArgumentError,
      message: /column y: .* is not of fixed width.*: use write/,
    })
  }
})

test('two columns of one name, and rows that are no count, are refused', (t) => {
  const x = new arrow.Field('x', new arrow.Int8())
  t.throws(() => planLoan(new arrow.Schema([x, x]), 1), {
    instanceOf: InvalidArgumentError,
    message: /two columns named "x"/,
  })
  for (const rows of [-1, 1.5, NaN, 2 ** 31]) {
    t.throws(() => planLoan(new arrow.Schema([x]), rows), {
      instanceOf: InvalidArgumentError,
      message: /rows must be/,
    })
  }
})

test('more rows than were asked for cannot be finished, nor a loan that is not open', (t) => {
  const plan = planLoan(new arrow.Schema([new arrow.Field('x', new arrow.Int8())]), 3)
  t.throws(() => plan.finish(3), { instanceOf: TypeError })
  plan.open(new Uint8Array(plan.byteLength))
  t.throws(() => plan.finish(4), {
    instanceOf: InvalidArgumentError,
    message: /rows must be a whole number from 0 to 3/,
  })
})
