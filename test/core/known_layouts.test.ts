import { Float64, makeData, RecordBatch, Schema, Field, Struct, Utf8, vectorFromArray } from 'apache-arrow'
import test from 'ava'
import { batchInfo, createReader, createWriter } from 'qadataswap'

import { closing, uniqueName } from '../support/arenas.js'
import { assertBatchesEqual } from '../support/equal.js'

const schema = new Schema([new Field('a', new Float64(), true), new Field('b', new Float64(), true)])

/** Batches with the same rows and nulls have the same metadata, whatever their values. */
function numbers(rows: number, nulls: number, seed: number): RecordBatch {
  const children = [0, 1].map((c) => {
    const values = Array.from({ length: rows }, (_, row) => (row < nulls ? null : seed * 1000 + row + c / 10))
    return vectorFromArray(values, new Float64()).data[0]!
  })
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: rows, children }))
}

function words(rows: number, seed: number): RecordBatch {
  const values = Array.from({ length: rows }, (_, row) => 'x'.repeat((row * seed) % 7))
  const data = vectorFromArray(values, new Utf8()).data[0]!
  const one = new Schema([new Field('w', new Utf8(), true)])
  return new RecordBatch(one, makeData({ type: new Struct(one.fields), length: rows, children: [data] }))
}

test('batches whose metadata comes again have their own values, among any others', (t) => {
  const writer = createWriter(uniqueName(), { sizeMb: 4 })
  closing(t, writer)
  const reader = createReader(writer.name)
  closing(t, reader)
  for (let seed = 1; seed <= 40; seed++) {
    // More layouts than are remembered, of both kinds, each coming again and again; large ones are leased.
    const sent = [
      ...[1, 2, 100, 5000].map((rows) => numbers(rows, 0, seed)),
      ...[1, 99, 100].map((nulls) => numbers(100, nulls, seed)),
      words(10, seed),
      numbers(100, 0, seed + 0.5),
    ]
    for (const batch of sent) writer.writeSync(batch)
    const got = sent.map(() => reader.tryRead()!)
    sent.forEach((batch, i) => assertBatchesEqual(got[i]!, batch))
    t.deepEqual(
      got.map((batch) => batchInfo(batch)!.sequence),
      sent.map((_, i) => (seed - 1) * sent.length + i),
    )
  }
})
