import test from 'ava'

import { BufferViews, LARGE_COPY_BYTES, UINT8_VIEW, viewIndexOf } from '#src/codec/buffer_views.js'
import type { TypedArray } from '#src/codec/column_data.js'

const FLOATS = viewIndexOf(Float64Array)

function viewsThatNote(bytes: number) {
  const views = BufferViews.of(new ArrayBuffer(bytes))
  const noted: [number, TypedArray][] = []
  views.copyLargeWith((position, source) => {
    noted.push([position, source])
    new Uint8Array(views.u8.buffer).set(
      new Uint8Array(source.buffer, source.byteOffset, source.byteLength),
      position,
    )
  })
  return { views, noted }
}

test('an array of many bytes is copied by the better way, one byte less is not', (t) => {
  const { views, noted } = viewsThatNote(2 * LARGE_COPY_BYTES)
  const large = new Uint8Array(LARGE_COPY_BYTES).fill(1)
  views.copy(UINT8_VIEW, 64, large.subarray(1))
  t.deepEqual(noted, [])
  views.copy(UINT8_VIEW, 64, large)
  t.deepEqual(noted, [[64, large]])
  t.is(views.u8.indexOf(1), 64)
  t.is(views.u8.lastIndexOf(1), 64 + LARGE_COPY_BYTES - 1)
})

test('an array whose elements must be converted, or that threads share, is copied by set', (t) => {
  const { views, noted } = viewsThatNote(4 * LARGE_COPY_BYTES)
  views.copy(FLOATS, 8, new Int16Array(LARGE_COPY_BYTES / 4).fill(-3))
  views.copy(FLOATS, 8, new Float64Array(new SharedArrayBuffer(LARGE_COPY_BYTES)))
  t.deepEqual(noted, [])
})

test('without a better way everything is copied by set', (t) => {
  const views = BufferViews.of(new ArrayBuffer(2 * LARGE_COPY_BYTES))
  const source = Float64Array.from({ length: LARGE_COPY_BYTES / 8 }, (_, i) => i)
  views.copy(FLOATS, 0, source)
  t.deepEqual(views.typed[FLOATS]!.subarray(0, source.length), source)
})
