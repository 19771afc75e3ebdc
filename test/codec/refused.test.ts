import test from 'ava'
import {
  DenseUnion,
  Dictionary,
  Field,
  Int32,
  List,
  makeData,
  MetadataVersion,
  RecordBatch,
  Schema,
  SparseUnion,
  Struct,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { createReader, createWriter } from 'qadataswap'
import { DecodeCache, decodeSlot } from '#src/codec/decode.js'
import { encodeSlot } from '#src/codec/encode.js'
import { FlatbufferTable, MessageField } from '#src/codec/flatbuffer.js'
import { Layout } from '#src/codec/layout.js'
import { addon } from '#src/native/load_addon.js'
import { uniqueName } from '../support/arenas.js'

const members = [new Field('a', new Int32(), true), new Field('b', new Utf8(), true)]

function unionBatch(ids: [number, number], dense = true, wrap = (type: never) => type as unknown) {
  const type = dense ? new DenseUnion(ids, members) : new SparseUnion(ids, members)
  const field = new Field('u', wrap(type as never) as never, true)
  const fields = [new Field('n', new Int32(), true), field]
  const column = makeData({
    type,
    length: 2,
    typeIds: Int8Array.of(...ids),
    ...(dense ? { valueOffsets: Int32Array.of(0, 0) } : {}),
    children: [
      vectorFromArray([1, 2], new Int32()).data[0]!,
      vectorFromArray(['x', 'y'], new Utf8()).data[0]!,
    ],
  } as never)
  const children = [vectorFromArray([1, 2], new Int32()).data[0]!, column]
  return new RecordBatch(
    new Schema(fields),
    makeData({ type: new Struct(fields), length: 2, nullCount: 0, children }),
  )
}

test('a schema that every reader would refuse is refused by write(), which names the column and goes on', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  using reader = createReader(writer.name)
  for (const dense of [true, false]) {
    for (const ids of [
      [0, 128],
      [-1, 1],
      [5, 5],
    ] as [number, number][]) {
      await t.throwsAsync(writer.write(unionBatch(ids, dense)), {
        code: 'ERR_QADS_INVALID_ARGUMENT',
        message: /^column "u" of .*union type id/,
      })
    }
    t.true((await writer.write(unionBatch([0, 127], dense)))! >= 0)
    t.is((await reader.read())!.numRows, 2)
  }
  let deep: unknown = new Int32()
  for (let i = 0; i < 70; i++) deep = new List(new Field('item', deep as never, true))
  const schema = new Schema([new Field('deep', deep as never, true)])
  t.throws(() => encodeSlot(new RecordBatch(schema, undefined as never)), {
    message: /^column "deep" of .*64 levels/,
  })
})

/** The slot as if its schema message were of another version. */
function ofVersion(slot: Uint8Array, version: MetadataVersion): [slot: Uint8Array, layout: Float64Array] {
  const layout = addon().verifySlot(slot)
  const changed = Uint8Array.from(slot)
  const from = layout[Layout.SchemaOffset]!
  const message = changed.subarray(from, from + layout[Layout.SchemaLength]!)
  const at = FlatbufferTable.root(message).field(MessageField.version)
  new DataView(changed.buffer, from).setInt16(at, version, true)
  return [changed, layout]
}

test('unions of old metadata are refused where they are read, with advice', (t) => {
  const wraps = [
    (type: never) => type,
    (type: never) => new List(new Field('item', type, true)),
    (type: never) => new Dictionary(type, new Int32()),
  ]
  for (const wrap of wraps) {
    const { schema } = unionBatch([0, 1], true, wrap)
    const empty = new RecordBatch(schema, undefined as never)
    const [slot, layout] = ofVersion(encodeSlot(empty), MetadataVersion.V4)
    t.throws(() => decodeSlot(slot, layout, new DecodeCache()), {
      code: 'ERR_QADS_INCOMPATIBLE',
      message: /column "u".*version 5/,
    })
  }
})
