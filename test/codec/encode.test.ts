import * as arrow from 'apache-arrow'
import test from 'ava'
import fc from 'fast-check'
import { encodeSlot, planEncode } from '#src/codec/encode.js'
import { planByArrow } from '#src/codec/encode_fallback.js'
import { Block, blockWords, Layout } from '#src/codec/layout.js'
import { planRows } from '#src/codec/plan_rows.js'
import { batchSpec, buildBatch, isWritableBatch } from '../support/arbitraries.js'
import { assertBatchesEqual } from '../support/equal.js'
import { layoutOf } from './layout_oracle.js'
import { readFile, readStream, slotOf } from './slots.js'

const RUNS = { numRuns: 400 }

test('apache-arrow reads from a slot, as a file and as a stream, what was encoded', (t) => {
  fc.assert(
    fc.property(batchSpec(), (spec) => {
      const batch = buildBatch(spec)
      const slot = slotOf(planEncode(batch))
      assertBatchesEqual(readFile(slot), batch)
      assertBatchesEqual(readStream(slot), batch)
    }),
    RUNS,
  )
  t.pass()
})

test('the template and the writer of apache-arrow make slots that decode alike', (t) => {
  fc.assert(
    fc.property(batchSpec().filter(isWritableBatch), (spec) => {
      const batch = buildBatch(spec)
      const slot = slotOf(planByArrow(batch))
      assertBatchesEqual(readFile(slotOf(planEncode(batch))), readFile(slot))
      assertBatchesEqual(readStream(slot), batch)
    }),
    RUNS,
  )
  t.pass()
})

test('every byte of a slot is written, whatever was there before, and nothing around it', (t) => {
  fc.assert(
    fc.property(batchSpec(), fc.integer({ min: 0, max: 130 }), (spec, offset) => {
      const plan = planEncode(buildBatch(spec))
      const expected = slotOf(plan, 0x55)
      const ring = new Uint8Array(offset + plan.byteLength + 70).fill(0xff)
      plan.writeTo(ring, offset)
      const end = offset + plan.byteLength
      t.deepEqual(ring.subarray(offset, end), expected)
      t.true(ring.subarray(0, offset).every((byte) => byte === 0xff))
      t.true(ring.subarray(end).every((byte) => byte === 0xff))
    }),
    RUNS,
  )
})

test('the body starts on a multiple of 64 bytes, and so does every buffer in it', (t) => {
  fc.assert(
    fc.property(batchSpec(), (spec) => {
      const slot = slotOf(planEncode(buildBatch(spec)))
      const words = layoutOf(slot)
      let block: number = Layout.Blocks
      for (let i = 0; i <= words[Layout.DictionaryBatches]!; i++, block += blockWords(words, block)) {
        const [begin, length] = [words[block + Block.BodyOffset]!, words[block + Block.BodyLength]!]
        t.is(begin % 64, 0)
        let at = block + Block.Numbers + 2 * words[block + Block.Nodes]!
        for (let buffer = words[block + Block.Buffers]!; buffer > 0; buffer--, at += 2) {
          const [offset, bytes] = [words[at]!, words[at + 1]!]
          t.is(offset % 64, 0)
          t.true(offset >= begin && offset + bytes <= begin + length)
        }
      }
    }),
    RUNS,
  )
})

test('null counts are exact, also of slices, and 0 where nothing is null', (t) => {
  fc.assert(
    fc.property(batchSpec({ depth: 0 }), (spec) => {
      const batch = buildBatch(spec)
      const words = layoutOf(slotOf(planEncode(batch)))
      let block: number = Layout.Blocks
      for (let i = 0; i < words[Layout.DictionaryBatches]!; i++) block += blockWords(words, block)
      batch.data.children.forEach((column, i) => {
        const rows = Array.from({ length: batch.numRows }, (_, row) => row)
        const isNull = column.typeId === arrow.Type.Null
        const nulls = isNull ? batch.numRows : rows.filter((row) => !column.getValid(row)).length
        t.is(words[block + Block.Numbers + 2 * i + 1], nulls)
      })
    }),
    RUNS,
  )
})

test('rows are planned without slicing as a slice of them is', (t) => {
  fc.assert(
    fc.property(batchSpec(), fc.nat(20), fc.nat(20), (spec, a, b) => {
      const batch = buildBatch(spec)
      const [from, to] = [Math.min(a, b, batch.numRows), Math.min(Math.max(a, b), batch.numRows)]
      const slot = slotOf(planRows(batch, from, to - from))
      assertBatchesEqual(readFile(slot), batch.slice(from, to))
    }),
    RUNS,
  )
  t.pass()
})

test('equal schemas have equal bytes, however often their dictionary types are made', (t) => {
  const make = () => {
    const words = arrow.vectorFromArray(
      ['a', 'b', 'a'],
      new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()),
    )
    return new arrow.RecordBatch({ words: words.data[0]! })
  }
  const [first, second] = [make(), make()]
  t.not(
    (first.schema.fields[0]!.type as arrow.Dictionary).id,
    (second.schema.fields[0]!.type as arrow.Dictionary).id,
  )
  t.deepEqual(encodeSlot(first), encodeSlot(second))
})

test('schemas that differ in nothing but metadata or nullability have their own bytes', (t) => {
  const column = arrow.makeData({ type: new arrow.Int32(), data: Int32Array.of(1, 2) })
  const variants = [
    new arrow.Schema([new arrow.Field('a', new arrow.Int32(), false)]),
    new arrow.Schema([new arrow.Field('a', new arrow.Int32(), true)]),
    new arrow.Schema([new arrow.Field('a', new arrow.Int32(), true, new Map([['k', 'v']]))]),
    new arrow.Schema([new arrow.Field('a', new arrow.Int32(), true)], new Map([['k', 'v']])),
  ]
  for (const schema of variants) {
    const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length: 2, children: [column] })
    const batch = new arrow.RecordBatch(schema, data)
    assertBatchesEqual(readFile(encodeSlot(batch)), batch)
  }
  t.pass()
})

test('columns of one name keep their own types', (t) => {
  const fields = [new arrow.Field('x', new arrow.Int32()), new arrow.Field('x', new arrow.Utf8())]
  const children = [
    arrow.vectorFromArray([1, 2], new arrow.Int32()),
    arrow.vectorFromArray(['a', 'b'], new arrow.Utf8()),
  ]
  const data = arrow.makeData({
    type: new arrow.Struct(fields),
    length: 2,
    children: children.map((vector) => vector.data[0] as arrow.Data),
  })
  const batch = new arrow.RecordBatch(new arrow.Schema(fields), data)
  for (const [rows, slot] of [
    [[0, 1], encodeSlot(batch)],
    [[1], encodeSlot(batch.slice(1))],
  ] as const) {
    const reader = arrow.RecordBatchReader.from(slot)
    reader.open()
    t.deepEqual(
      reader.schema.fields.map((field) => String(field)),
      ['x: Int32', 'x: Utf8'],
    )
    const read = reader.next().value as arrow.RecordBatch
    t.deepEqual(
      [...read.getChildAt(0)!],
      rows.map((row) => row + 1),
    )
    t.deepEqual(
      [...read.getChildAt(1)!],
      rows.map((row) => 'ab'[row]),
    )
  }
})

test('a column that the batch did not have is all null', (t) => {
  const schema = new arrow.Schema([
    new arrow.Field('a', new arrow.Int32()),
    new arrow.Field('b', new arrow.Float64(), true),
    new arrow.Field('c', new arrow.Utf8(), true),
    new arrow.Field('d', new arrow.Struct([new arrow.Field('e', new arrow.LargeBinary(), true)]), true),
    new arrow.Field('f', new arrow.FixedSizeList(2, new arrow.Field('g', new arrow.Bool(), true)), true),
  ])
  const a = arrow.makeData({ type: new arrow.Int32(), data: Int32Array.of(1, 2, 3) })
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length: 3, children: [a] })
  const read = readFile(encodeSlot(new arrow.RecordBatch(schema, data)))
  t.deepEqual([...read.getChild('a')!], [1, 2, 3])
  for (const name of ['b', 'c', 'd', 'f']) {
    const column = read.getChild(name)!
    t.deepEqual([column.nullCount, column.length], [3, 3])
    t.deepEqual([...column], [null, null, null])
  }
})

test('a column that is shorter than its batch ends in nulls', (t) => {
  const type = new arrow.Utf8()
  const words = arrow.vectorFromArray(['one', 'two'], type).data[0]!
  const numbers = arrow.makeData({ type: new arrow.Int32(), data: Int32Array.of(1, 2, 3, 4) })
  const read = readFile(encodeSlot(new arrow.RecordBatch({ words, numbers })))
  t.deepEqual([...read.getChild('words')!], ['one', 'two', null, null])
})

test('a dictionary in several chunks is written as deltas', (t) => {
  const type = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())
  const chunks = [['a', 'b'], ['c'], ['d', 'e']].map(
    (words) => arrow.vectorFromArray(words, new arrow.Utf8()).data[0]!,
  )
  const dictionary = new arrow.Vector(chunks)
  const column = arrow.makeData({ type, data: Int32Array.of(4, 0, 2, 1, 3), dictionary })
  const batch = new arrow.RecordBatch({ words: column })
  for (const plan of [planEncode(batch), planByArrow(batch)]) {
    const slot = slotOf(plan)
    for (const read of [readFile(slot), readStream(slot)]) {
      t.deepEqual([...read.getChild('words')!], ['e', 'a', 'c', 'b', 'd'])
    }
  }
})

test('two columns that share a dictionary id but not the dictionary are refused', (t) => {
  const type = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())
  const column = (...words: string[]) =>
    arrow.makeData({
      type,
      data: Int32Array.of(0, 1),
      dictionary: arrow.vectorFromArray(words, new arrow.Utf8()),
    })
  const batch = new arrow.RecordBatch({ x: column('a', 'b'), y: column('c', 'd') })
  t.throws(() => planEncode(batch), { instanceOf: TypeError, message: /share a dictionary id/ })
})

test('a slice of long strings or of a dense union does not carry the whole along', (t) => {
  const rows = 1000
  const words = Array.from({ length: rows }, (_, i) => `a string that is longer than twelve bytes ${i}`)
  const views = arrow.vectorFromArray(words, new arrow.Utf8View())
  const fields = [new arrow.Field('u', new arrow.Utf8())]
  const union = arrow.makeData({
    type: new arrow.DenseUnion([0], fields),
    typeIds: new Int8Array(rows),
    valueOffsets: Int32Array.from({ length: rows }, (_, i) => i),
    children: [arrow.vectorFromArray(words, new arrow.Utf8()).data[0]!],
  })
  for (const data of [views.data[0]!, union]) {
    const slice = new arrow.RecordBatch({ x: data as arrow.Data }).slice(500, 503)
    const slot = encodeSlot(slice)
    t.true(slot.length < 4096)
    assertBatchesEqual(readFile(slot), slice)
  }
})

test('values in an array of another type are converted, and in a Buffer are bytes', (t) => {
  const floats = new arrow.Data(new arrow.Float64(), 0, 2, 0, [
    undefined,
    Float32Array.of(1.5, -2),
    undefined,
  ] as never)
  const bytes = new arrow.Data(new arrow.Uint8(), 0, 2, 0, [
    undefined,
    Buffer.from([7, 8]),
    undefined,
  ] as never)
  const read = readFile(encodeSlot(new arrow.RecordBatch({ floats, bytes })))
  t.deepEqual([...read.getChild('floats')!], [1.5, -2])
  t.deepEqual([...read.getChild('bytes')!], [7, 8])
})

test('a target that is too small is refused before anything is written', (t) => {
  const plan = planEncode(
    new arrow.RecordBatch({ a: arrow.makeData({ type: new arrow.Int32(), data: Int32Array.of(1) }) }),
  )
  const target = new Uint8Array(plan.byteLength + 8)
  t.throws(() => plan.writeTo(target, 16), { instanceOf: RangeError, message: /the slot takes/ })
  t.true(target.every((byte) => byte === 0))
})
