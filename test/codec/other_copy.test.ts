import { createRequire } from 'node:module'
import * as arrow from 'apache-arrow'
import test from 'ava'
import { DecodeCache, decodeSlot } from '#src/codec/decode.js'
import { encodeSlot } from '#src/codec/encode.js'
import { layoutOf } from './layout_oracle.js'

/** What a program gets that requires apache-arrow, while this library imports it: the same code, other classes. */
const other = createRequire(import.meta.url)('apache-arrow') as typeof arrow

function batchOf(of: typeof arrow): arrow.RecordBatch {
  const rows = [
    { id: 1, tags: ['a', null], at: new Date(0), kind: 'x' },
    { id: 2, tags: [], at: null, kind: 'y' },
    { id: 3, tags: ['b'], at: new Date(86_400_000), kind: 'x' },
  ]
  const list = new of.List(new of.Field('item', new of.Utf8(), true))
  const map = new of.Map_(
    new of.Field(
      'entries',
      new of.Struct([
        new of.Field('key', new of.Utf8(), false),
        new of.Field('value', new of.Int32(), true),
      ]) as never,
    ),
  )
  const column = (values: unknown[], type: arrow.DataType) =>
    of.vectorFromArray(values as never[], type).data[0]!
  return new of.RecordBatch({
    id: column(
      rows.map(({ id }) => id),
      new of.Int16(),
    ),
    tags: column(
      rows.map(({ tags }) => tags),
      list,
    ),
    at: column(
      rows.map(({ at }) => at),
      new of.TimestampMillisecond('UTC'),
    ),
    kind: column(
      rows.map(({ kind }) => kind),
      new of.Dictionary(new of.Utf8(), new of.Int8()),
    ),
    counts: column(
      rows.map(({ kind, id }) => new Map([[kind, id]])),
      map as arrow.DataType,
    ),
  })
}

test('a batch made by another copy of apache-arrow is encoded like one of ours', (t) => {
  t.not(other.RecordBatch, arrow.RecordBatch)
  const slot = encodeSlot(batchOf(other))
  t.deepEqual(slot, encodeSlot(batchOf(arrow)))
  const batch = decodeSlot(slot, layoutOf(slot), new DecodeCache())
  t.true(batch instanceof arrow.RecordBatch)
  t.deepEqual([...batch.getChild('kind')!], ['x', 'y', 'x'])
  t.true(other.RecordBatch.isRecordBatch(batch))
  t.is(new other.Table([batch]).numRows, 3)
})
