import { readdirSync, readFileSync } from 'node:fs'

import {
  Int32,
  makeData,
  makeVector,
  type RecordBatch,
  RecordBatchReader,
  Dictionary,
  Utf8,
  List,
  Field,
  type Data,
} from 'apache-arrow'
import test from 'ava'
import { checkValues } from '#src/core/codec/check_values.js'
import { CorruptError } from '#src/core/errors.js'

const CORPUS = 'native/fuzz/corpus/ipc'
const bytes = (text: string) => new TextEncoder().encode(text)
const texts = (data: Uint8Array, ...valueOffsets: number[]) =>
  makeData({
    type: new Utf8(),
    length: valueOffsets.length - 1,
    data,
    valueOffsets: Int32Array.from(valueOffsets),
  })

test('values that lie are refused with what is wrong', (t) => {
  const refused = (data: Data, why: RegExp) =>
    t.throws(() => checkValues(data), { instanceOf: CorruptError, message: why })
  refused(texts(bytes('abc'), 0, 2, 1), /out of order/)
  refused(texts(bytes('abc'), 0, 2, 9), /out of order or range/)
  refused(texts(bytes('abc'), -1, 2, 3), /out of order/)
  refused(texts(Uint8Array.of(0x61, 0xff), 0, 1, 2), /not UTF-8/)
  const numbers = makeData({ type: new Int32(), data: Int32Array.of(1, 2, 3) })
  const lists = { type: new List(new Field('item', new Int32())), length: 2, child: numbers }
  refused(makeData({ ...lists, valueOffsets: Int32Array.of(0, 2, 4) }), /out of order or range/)
  const type = new Dictionary(new Utf8(), new Int32())
  const dictionary = makeVector(texts(bytes('abc'), 0, 1, 3))
  refused(makeData({ type, length: 2, data: Int32Array.of(0, 2), dictionary }), /dictionary index/)
  refused(makeData({ type, length: 2, data: Int32Array.of(-1, 0), dictionary }), /dictionary index/)
  const damaged = makeVector(texts(Uint8Array.of(0xff), 0, 1))
  refused(makeData({ type, length: 1, data: Int32Array.of(0), dictionary: damaged }), /not UTF-8/)
})

test('values of null rows may say anything', (t) => {
  const nullBitmap = Uint8Array.of(0b01)
  const type = new Dictionary(new Utf8(), new Int32())
  const dictionary = makeVector(texts(bytes('abc'), 0, 1, 3))
  t.notThrows(() =>
    checkValues(
      makeData({ type, length: 2, nullCount: 1, nullBitmap, data: Int32Array.of(0, 7), dictionary }),
    ),
  )
})

test('what other writers wrote is sound', (t) => {
  let read = 0
  for (const name of readdirSync(CORPUS).filter((file) => file.endsWith('.arrow'))) {
    let batch: RecordBatch
    try {
      batch = RecordBatchReader.from(readFileSync(`${CORPUS}/${name}`)).next().value as RecordBatch
    } catch {
      continue // a type or a codec that apache-arrow lacks
    }
    batch.data.children.forEach(checkValues)
    read++
  }
  t.true(read > 100, `${read} slots read`)
})
