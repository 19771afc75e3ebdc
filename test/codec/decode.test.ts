import { readFileSync } from 'node:fs'

import * as arrow from 'apache-arrow'
import * as zlib from 'node:zlib'
import { CompressionType } from 'apache-arrow/fb/compression-type'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { DecodeCache, decodeSlot } from '#src/codec/decode.js'
import { encodeSlot, planEncode } from '#src/codec/encode.js'
import { Block, Layout } from '#src/codec/layout.js'
import { CorruptError, IncompatibleError } from '#src/base/errors.js'
import { addon } from '#src/native/load_addon.js'
import { batchSpec, buildBatch, isWritableBatch } from '../support/arbitraries.js'
import { assertBatchesEqual } from '../support/equal.js'
import { layoutOf } from './layout_oracle.js'
import { arrowSlot, readFile, slotOf } from './slots.js'

const RUNS = { numRuns: 400 }

function decode(slot: Uint8Array, cache = new DecodeCache()) {
  return decodeSlot(slot, layoutOf(slot), cache)
}

function numbers(...values: number[]): arrow.RecordBatch {
  return new arrow.RecordBatch({
    x: arrow.makeData({ type: new arrow.Float64(), data: Float64Array.from(values) }),
  })
}

test('a batch comes out of its slot as it went in', (t) => {
  const cache = new DecodeCache()
  fc.assert(
    fc.property(batchSpec(), (spec) => {
      const batch = buildBatch(spec)
      assertBatchesEqual(decode(slotOf(planEncode(batch)), cache), batch)
    }),
    RUNS,
  )
  t.pass()
})

test('what apache-arrow writes is decoded as apache-arrow reads it', (t) => {
  const cache = new DecodeCache()
  fc.assert(
    fc.property(batchSpec().filter(isWritableBatch), (spec) => {
      const batch = buildBatch(spec)
      assertBatchesEqual(decode(arrowSlot(batch), cache), batch)
    }),
    RUNS,
  )
  t.pass()
})

test('a slot may lie anywhere in its buffer that is a multiple of 8, and elsewhere is copied', (t) => {
  fc.assert(
    fc.property(batchSpec(), fc.integer({ min: 0, max: 20 }), fc.boolean(), (spec, offset, asBuffer) => {
      const batch = buildBatch(spec)
      const slot = slotOf(planEncode(batch))
      const memory = new Uint8Array(offset + slot.length + 3)
      const moved = (asBuffer ? Buffer.from(memory.buffer) : memory).subarray(offset, offset + slot.length)
      moved.set(slot)
      assertBatchesEqual(decode(moved), batch)
    }),
    { numRuns: 200 },
  )
  t.pass()
})

test('a decoded batch is encoded like the one it came from', (t) => {
  fc.assert(
    fc.property(batchSpec(), fc.nat(20), fc.nat(20), (spec, a, b) => {
      const slot = encodeSlot(buildBatch(spec))
      const batch = decode(slot)
      assertBatchesEqual(decode(encodeSlot(batch)), batch)
      const [begin, end] = [Math.min(a, b), Math.max(a, b)]
      assertBatchesEqual(decode(encodeSlot(batch.slice(begin, end))), decode(slot).slice(begin, end))
    }),
    RUNS,
  )
  t.pass()
})

test('columns are views of the slot, and the same objects every time', (t) => {
  const slot = encodeSlot(numbers(1, 2, 3))
  const batch = decode(slot)
  const column = batch.getChild('x')!
  t.is((column.toArray() as Float64Array).buffer, slot.buffer)
  t.is(batch.getChildAt(0), column)
  t.is(batch.data, batch.data)
  t.is(batch.data.children[0], column.data[0])
})

test('batches of one schema share its object, also after others', (t) => {
  const cache = new DecodeCache()
  const first = decode(encodeSlot(numbers(1)), cache)
  for (let i = 0; i < 20; i++) {
    const other = new arrow.RecordBatch({
      [`c${i}`]: arrow.makeData({ type: new arrow.Int8(), data: Int8Array.of(i) }),
    })
    decode(encodeSlot(other), cache)
  }
  t.is(decode(encodeSlot(numbers(2, 3)), cache).schema, first.schema)
})

test('a schema that was forgotten is parsed again', (t) => {
  const cache = new DecodeCache()
  const first = decode(encodeSlot(numbers(1)), cache)
  for (let i = 0; i < 100; i++) {
    const other = new arrow.RecordBatch({
      [`c${i}`]: arrow.makeData({ type: new arrow.Int8(), data: Int8Array.of(i) }),
    })
    decode(encodeSlot(other), cache)
  }
  const again = decode(encodeSlot(numbers(1)), cache)
  t.not(again.schema, first.schema)
  assertBatchesEqual(again, first)
})

test('the layout words may be overwritten once a batch is decoded', (t) => {
  const batch = numbers(1, 2, 3)
  const slot = encodeSlot(batch)
  const layout = layoutOf(slot)
  const decoded = decodeSlot(slot, layout, new DecodeCache())
  layout.fill(NaN)
  t.notThrows(() => assertBatchesEqual(decoded, batch))
})

test('a decoded batch does what a record batch does', (t) => {
  const source = arrow.tableFromArrays({ id: Int32Array.of(1, 2, 3), word: ['a', 'b', 'a'] }).batches[0]!
  const batch = decode(encodeSlot(source)) as arrow.RecordBatch<{ id: arrow.Int32; word: arrow.Utf8 }>
  t.true(batch instanceof arrow.RecordBatch)
  t.deepEqual([batch.numRows, batch.numCols, batch.nullCount], [3, 2, 0])
  t.deepEqual(batch.toArray().map(String), source.toArray().map(String))
  t.deepEqual(
    [...batch].map((row) => row.word),
    ['a', 'b', 'a'],
  )
  t.deepEqual(batch.get(1)?.toJSON(), { id: 2, word: 'b' })
  t.deepEqual(batch.at(-1)?.toJSON(), { id: 3, word: 'a' })
  t.is(batch.getChild('nothing' as 'id'), null)
  t.is(batch.getChildAt(2), null)
  t.is(batch.getChildAt(-1), null)
  t.deepEqual([...batch.slice(1).getChild('id')!], [2, 3])
  t.deepEqual([...batch.select(['id']).getChild('id')!], [1, 2, 3])
  t.deepEqual([...batch.selectAt([1] as never).getChildAt(0)!], ['a', 'b', 'a'])
  t.is(
    batch
      .setChildAt(0, arrow.vectorFromArray([7, 8, 9], new arrow.Int32()))
      .getChildAt(0)!
      .get(0),
    7,
  )
  t.is(batch.concat(batch).numRows, 6)
  t.is(new arrow.Table([batch, batch]).getChild('word')!.get(5), 'a')
  t.is(
    arrow
      .tableFromIPC(arrow.tableToIPC(new arrow.Table(batch)))
      .getChild('word')!
      .get(1),
    'b',
  )
  t.deepEqual([...batch.dictionaries.keys()], [0])
  t.deepEqual([...batch.metadata], [])
})

test('a dictionary that arrives in deltas is whole', (t) => {
  const type = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())
  const chunks = [['a', 'b'], ['c']].map((words) => arrow.vectorFromArray(words, new arrow.Utf8()).data[0]!)
  const column = arrow.makeData({ type, data: Int32Array.of(2, 0, 1), dictionary: new arrow.Vector(chunks) })
  t.deepEqual(
    [...decode(encodeSlot(new arrow.RecordBatch({ words: column }))).getChild('words')!],
    ['c', 'a', 'b'],
  )
})

test('an empty name is an empty name, not null', (t) => {
  const child = arrow.makeData({ type: new arrow.Int32(), data: Int32Array.of(4) })
  const struct = arrow.makeData({
    type: new arrow.Struct([new arrow.Field('', new arrow.Int32())]),
    length: 1,
    children: [child],
  })
  const batch = new arrow.RecordBatch({ '': struct })
  for (const slot of [encodeSlot(batch), arrowSlot(batch)]) {
    const decoded = decode(slot)
    t.is(decoded.schema.fields[0]!.name, '')
    t.is(decoded.getChild('')!.getChild('')!.get(0), 4)
  }
})

test('words that do not fit the schema are an error that says why', (t) => {
  const slot = encodeSlot(numbers(1, 2, 3))
  const layout = layoutOf(slot)
  const node = Layout.Blocks + Block.Numbers
  const values = node + 2 + 2
  for (const [word, value, message] of [
    [Layout.Blocks + Block.Rows, 4, /a column has 3 rows, and the batch has 4/],
    [Layout.Blocks + Block.Nodes, 0, /it has 0 columns and children instead of 1/],
    [Layout.Blocks + Block.Buffers, 1, /it has 1 buffers instead of 2/],
    [Layout.Blocks + Block.Variadics, 1, /it has 1 variadic counts instead of 0/],
    [node, 30, /a column has 30 rows, and the batch has 3/],
    [node + 1, 4, /a column of 3 rows has 4 nulls/],
    [node + 1, 1, /validity bitmap of a column have 0 bytes and 1 are needed/],
    [values + 1, 23, /values of a column have 23 bytes and 24 are needed/],
  ] as const) {
    const wrong = layout.slice()
    wrong[word] = value
    t.throws(() => decodeSlot(slot, wrong, new DecodeCache()), { instanceOf: CorruptError, message })
  }
})

test('offsets that point outside of their values are an error', (t) => {
  const words = arrow.vectorFromArray(['abc', 'de'], new arrow.Utf8()).data[0]!
  const slot = encodeSlot(new arrow.RecordBatch({ words }))
  const layout = layoutOf(slot)
  const offsets = layout[Layout.Blocks + Block.Numbers + 2 + 2]!
  for (const [at, value] of [
    [0, -1],
    [0, 6],
    [2, 1000],
    [2, -5],
  ] as const) {
    const wrong = slot.slice()
    new DataView(wrong.buffer).setInt32(offsets + 4 * at, value, true)
    const batch = decodeSlot(wrong, layout, new DecodeCache())
    t.throws(() => batch.getChildAt(0), { instanceOf: CorruptError, message: /offsets of a column go from/ })
  }
})

test('a dictionary that the schema does not know is an error', (t) => {
  const source = arrow.tableFromArrays({ word: ['a', 'b'] }).batches[0]!
  const slot = encodeSlot(source)
  const layout = layoutOf(slot)
  layout[Layout.Blocks + Block.Id] = 5
  t.throws(() => decodeSlot(slot, layout, new DecodeCache()), {
    instanceOf: CorruptError,
    message: /dictionary 5/,
  })
})

/** The numbers 0 to 19, as pyarrow writes them with Zstandard. */
const ZSTD_STREAM =
  '/////3AAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAEAAAAUAAAAEAAUAAgABgAHAAwA' +
  'AAAQABAAAAAAAAEDEAAAABgAAAAEAAAAAAAAAAEAAAB4AAYACAAGAAYAAAAAAAIA/////6AAAAAUAAAAAAAAAAwAGAAGAAUA' +
  'CAAMAAwAAAAAAwQAHAAAAFgAAAAAAAAAAAAAAAwAHgAQAAQACAAMAAwAAABQAAAAJAAAABgAAAAUAAAAAAAAAAAAAAAAAAYA' +
  'CAAHAAYAAAAAAAABAgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAFcAAAAAAAAAAAAAAAEAAAAUAAAAAAAAAAAAAAAAAAAA' +
  'oAAAAAAAAAAotS/9IKA1AgAEAgAA8D8AQAAIEBQYHCAiJCYoKiwuMDEyQAAAAAAAADNAEgAgC8gHMgNZQD6QGcgC8oHMQBaQ' +
  'D2QGsoB8K8lAawBzHGgDAP////8AAAAA'

test('a compressed batch is read where there is a decoder: of the program, or of Node', (t) => {
  const slot = Buffer.concat([Buffer.from('ARROW1\0\0'), Buffer.from(ZSTD_STREAM, 'base64')])
  const values = Float64Array.from({ length: 20 }, (_, i) => i)
  if ('zstdDecompressSync' in zlib) t.deepEqual([...decode(slot).getChild('x')!], [...values])
  else t.throws(() => decode(slot), { instanceOf: IncompatibleError, message: /npm install fzstd/ })
  arrow.compressionRegistry.set(CompressionType.ZSTD, {
    decode: () => {
      throw new TypeError('damaged')
    },
  })
  t.throws(() => decode(slot), { instanceOf: CorruptError, message: /damaged/ })
  arrow.compressionRegistry.set(CompressionType.ZSTD, { decode: () => new Uint8Array(values.buffer) })
  t.deepEqual([...decode(slot).getChild('x')!], [...values])
})

test('a big-endian batch is an error that says so', (t) => {
  const slot = encodeSlot(numbers(1))
  const layout = layoutOf(slot)
  const bytes = slot.subarray(
    layout[Layout.SchemaOffset],
    layout[Layout.SchemaOffset]! + layout[Layout.SchemaLength]!,
  )
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const followed = (at: number) => at + view.getUint32(at, true)
  const field = (table: number, id: number) => {
    const vtable = table - view.getInt32(table, true)
    return [vtable + 4 + 2 * id, view.getUint16(vtable + 4 + 2 * id, true)] as const
  }
  const message = view.getUint32(0, true)
  const schema = followed(message + field(message, 2)[1])
  // Little is the default and left out: let the field lie over the fields vector's offset, which is not 0.
  view.setUint16(field(schema, 0)[0], field(schema, 1)[1], true)
  t.throws(() => decodeSlot(slot, layout, new DecodeCache()), {
    instanceOf: IncompatibleError,
    message: /big-endian/,
  })
})

test('columns have the fields that apache-arrow gives them, and no others', (t) => {
  fc.assert(
    fc.property(batchSpec(), (spec) => {
      const slot = encodeSlot(buildBatch(spec))
      const [ours, theirs] = [decode(slot), readFile(slot)]
      ours.data.children.forEach((column, i) => {
        assertSameFields(t, column, theirs.data.children[i]!)
        assertSameVector(t, ours.getChildAt(i)!, column)
      })
    }),
    { numRuns: 200 },
  )
})

function assertSameFields(t: ExecutionContext, ours: arrow.Data, theirs: arrow.Data): void {
  const fresh = new arrow.Data(theirs.type, 0, 0)
  t.is(Object.getPrototypeOf(ours), arrow.Data.prototype)
  // The constructor leaves out buffers that are not there.
  const known = new Set([...Object.keys(fresh), 'valueOffsets', 'values', 'nullBitmap', 'typeIds'])
  t.deepEqual(Object.keys(ours).sort(), [...known].sort())
  for (const field of ['offset', 'length', 'stride', 'nullCount'] as const) t.is(ours[field], theirs[field])
  ours.children.forEach((child, i) => assertSameFields(t, child, theirs.children[i]!))
}

function assertSameVector(t: ExecutionContext, ours: arrow.Vector, column: arrow.Data): void {
  const theirs = new arrow.Vector([column])
  t.is(Object.getPrototypeOf(ours), Object.getPrototypeOf(theirs))
  t.deepEqual(Object.keys(ours), Object.keys(theirs))
  for (const field of ['type', 'stride', 'numChildren', 'length', 'nullCount'] as const)
    t.is(ours[field], theirs[field])
  t.is(ours.data[0], column)
  for (let row = 0; row < ours.length; row++) {
    t.is(ours.isValid(row), theirs.isValid(row))
    const [value, expected] = [ours.get(row) as unknown, theirs.get(row) as unknown]
    t.is(typeof value, typeof expected)
    if (typeof value === 'object' && value !== null) continue
    t.is(value, expected)
    t.is(ours.indexOf(value as never), theirs.indexOf(value as never))
  }
}

test('a column of a type that apache-arrow does not know is named, and is no damage', (t) => {
  for (const [file, type] of [
    ['py-list-view', 'ListView'],
    ['py-large-list-view', 'LargeListView'],
    ['py-ree32', 'RunEndEncoded'],
  ] as const) {
    const slot = readFileSync(`native/fuzz/corpus/ipc/${file}.arrow`)
    t.throws(() => decodeSlot(slot, addon().verifySlot(slot), new DecodeCache()), {
      instanceOf: IncompatibleError,
      message: new RegExp(`a column of type ${type}, which apache-arrow does not know`),
    })
  }
})
