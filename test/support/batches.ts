import {
  Field,
  Float64,
  Int32,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'

// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- an interface is no TypeMap
export type NumberColumns = {
  id: Int32
  value: Float64
}

export const numberSchema = new Schema<NumberColumns>([
  new Field('id', new Int32(), false),
  new Field('value', new Float64(), true),
])

/** A batch whose values follow from `id`: row `i` has `id * 1000 + i` and half of it. */
export function numberBatch(id: number, rows = 10): RecordBatch<NumberColumns> {
  const ids = makeData({
    type: new Int32(),
    data: Int32Array.from({ length: rows }, (_, i) => id * 1000 + i),
  })
  const values = makeData({
    type: new Float64(),
    data: Float64Array.from({ length: rows }, (_, i) => (id * 1000 + i) / 2),
  })
  const type = new Struct<NumberColumns>(numberSchema.fields)
  return new RecordBatch(
    numberSchema,
    makeData({ type, length: rows, nullCount: 0, children: [ids, values] }),
  )
}

/** Which `numberBatch` this is, or an error that says which value is wrong. */
export function numberBatchId(batch: RecordBatch<NumberColumns>): number {
  const ids = batch.getChild('id')!
  const values = batch.getChild('value')!
  const first = ids.get(0)!
  for (let i = 0; i < batch.numRows; i++) {
    if (ids.get(i) !== first + i) throw new Error(`row ${i} has id ${ids.get(i)}, not ${first + i}`)
    if (values.get(i) !== (first + i) / 2)
      throw new Error(`row ${i} has value ${values.get(i)}, not ${(first + i) / 2}`)
  }
  return first / 1000
}

/** A batch of one column of texts. */
export function textBatch(texts: readonly (string | null)[]): RecordBatch<{ text: Utf8 }> {
  const vector = vectorFromArray(texts, new Utf8())
  return new RecordBatch<{ text: Utf8 }>({ text: vector.data[0]! })
}
