import { makeData, Float64, Int32, RecordBatch, tableFromIPC } from 'apache-arrow'
import test from 'ava'
import { createReader, createWriter, release, ReleasedError, slotBytes } from 'qadataswap'

import { closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import { collectGarbage } from '../support/gc.js'

/** Large enough for windows, with columns inside one, across two, and larger than one. */
const ROWS = 3_000_000

function wide(): RecordBatch {
  const rows = { length: ROWS }
  const nullBitmap = new Uint8Array(Math.ceil(ROWS / 8)).fill(0b0111_1111)
  return new RecordBatch({
    a: makeData({ type: new Int32(), data: Int32Array.from(rows, (_, i) => i), nullBitmap }),
    b: makeData({ type: new Float64(), data: Float64Array.from(rows, (_, i) => i / 2) }),
    c: makeData({ type: new Int32(), data: Int32Array.from(rows, (_, i) => -i) }),
  })
}

function written(t: Parameters<typeof closing>[0], batch: RecordBatch) {
  const writer = closing(t, createWriter(uniqueName(), { sizeMb: 64 }))
  const reader = closing(t, createReader(writer.name))
  writer.writeSync(batch)
  return reader
}

test('a batch that is shown in parts has the values that were written', (t) => {
  const batch = wide()
  const read = written(t, batch).tryRead()!
  t.is(read.numRows, ROWS)
  for (const name of ['a', 'b', 'c'] as const) {
    const [expected, actual] = [batch.getChild(name)!.data[0]!, read.getChild(name)!.data[0]!]
    const bytes = (data: { values: unknown }) => bytesOf(data.values as ArrayBufferView)
    t.is(Buffer.compare(bytes(actual), bytes(expected)), 0, name)
    t.is(actual.nullCount, expected.nullCount, name)
  }
  t.is(read.getChild('a')!.get(7), null)
  t.is(read.getChild('c')!.get(ROWS - 1), 1 - ROWS)
})

test('the bytes of a slot that is shown in parts are a complete Arrow file', (t) => {
  const read = written(t, wide()).tryRead()!
  const table = tableFromIPC(slotBytes(read))
  t.is(table.numRows, ROWS)
  t.is(table.getChild('b')!.get(ROWS - 1), (ROWS - 1) / 2)
})

test('a release detaches every part', (t) => {
  const reader = written(t, wide())
  const read = reader.tryRead()!
  const arrays = ['a', 'b', 'c'].map((name) => read.getChild(name)!.data[0]!.values as Int32Array)
  const bytes = slotBytes(read)!
  t.true(release(read))
  for (const array of [...arrays, bytes]) t.is(array.length, 0)
  t.throws(() => read.getChild('a'), { instanceOf: ReleasedError })
  t.is(reader.stats().leases, 0)
})

test('one column of a batch that is shown in parts keeps it in the ring until it is dropped too', async (t) => {
  const reader = written(t, wide())
  const hold: { column?: Int32Array | undefined } = {}
  const readColumn = () => {
    hold.column = reader.tryRead()!.getChild('c')!.data[0]!.values as Int32Array
  }
  readColumn()
  for (let i = 0; i < 3; i++) await collectGarbage()
  t.is(reader.stats().leases, 1)
  t.is(hold.column![5], -5)
  hold.column = undefined
  await until(async () => {
    await collectGarbage()
    return reader.stats().leases === 0
  })
})

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

leavesNothing(test)
