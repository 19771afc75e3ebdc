import * as arrow from 'apache-arrow'
import test from 'ava'
import fc from 'fast-check'
import { DecodeCache, decodeSlot } from '#src/codec/decode.js'
import { encodeSlot } from '#src/codec/encode.js'
import { batchSpec, buildBatch } from '../support/arbitraries.js'
import { layoutOf } from './layout_oracle.js'

class Gone extends Error {}
const gone = () => new Gone('the batch is gone')

function decode(batch: arrow.RecordBatch) {
  const slot = encodeSlot(batch)
  return decodeSlot(slot, layoutOf(slot), new DecodeCache())
}

const source = arrow.tableFromArrays({ id: Int32Array.of(1, 2, 3), word: ['a', 'b', 'a'] }).batches[0]!

test('every use of an invalidated batch throws the error of whoever invalidated it', (t) => {
  const batch = decode(source)
  batch.invalidate(gone)
  for (const use of [
    () => batch.data,
    () => batch.getChild('id'),
    () => batch.getChildAt(1),
    () => batch.get(0),
    () => batch.at(-1),
    () => batch.toArray(),
    () => [...batch],
    () => batch.slice(1),
    () => batch.select(['id']),
    () => batch.concat(batch),
    () => batch.dictionaries,
    () => batch.metadata,
    () => new arrow.Table([batch]),
    () => arrow.tableToIPC(new arrow.Table(batch.schema, [batch])),
    () => encodeSlot(batch),
  ]) {
    t.throws(use, { instanceOf: Gone })
  }
  t.is(batch.numRows, 3)
  t.is(batch.schema.fields.length, 2)
  t.is(batch.getChild('nothing' as 'id'), null)
})

test('columns that were taken out before throw on use', (t) => {
  fc.assert(
    fc.property(
      batchSpec({ slices: false }).filter(({ rows, fields }) => rows > 0 && fields.length > 0),
      (spec) => {
        const batch = decode(buildBatch(spec))
        const columns = batch.schema.fields.map((_, i) => batch.getChildAt(i)!)
        batch.invalidate(gone)
        for (const column of columns) {
          if (readsNothing(column.data[0] as arrow.Data)) continue
          t.throws(() => readAll(column), { instanceOf: Gone })
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('invalidating twice keeps the first error', (t) => {
  const batch = decode(source)
  const column = batch.getChild('id')!
  batch.invalidate(gone)
  batch.invalidate(() => new Error('another'))
  t.throws(() => void column.get(0), { instanceOf: Gone })
})

/** Nulls, and structures of nothing but nulls, have no bytes that could go away. */
function readsNothing(data: arrow.Data): boolean {
  if (data.typeId === arrow.Type.Null) return true
  if (data.typeId === arrow.Type.Struct)
    return data.nullCount === 0 && data.children.every((child) => readsNothing(child))
  if (data.typeId === arrow.Type.FixedSizeList) {
    return data.nullCount === 0 && (data.stride === 0 || readsNothing(data.children[0]!))
  }
  return false
}

function readAll(value: unknown): void {
  if (value instanceof arrow.Vector || value instanceof arrow.StructRow || value instanceof arrow.MapRow) {
    for (const item of value as Iterable<unknown>) readAll(item)
  } else if (Array.isArray(value)) value.forEach(readAll)
}
