import { Float64, Field, makeData, RecordBatch, Schema, Struct } from 'apache-arrow'

export const COLUMNS = 6

export type Numbers = Record<string, Float64>

export const numbersSchema = new Schema<Numbers>(
  Array.from({ length: COLUMNS }, (_, i) => new Field(`c${i}`, new Float64(), false)),
)

/** Six columns of doubles, none null: what the figures are measured with. */
export function numbers(rows: number): RecordBatch<Numbers> {
  const children = Array.from({ length: COLUMNS }, (_, c) =>
    makeData({
      type: new Float64(),
      data: Float64Array.from({ length: rows }, (_, row) => row * COLUMNS + c),
    }),
  )
  const type = new Struct<Numbers>(numbersSchema.fields)
  return new RecordBatch(numbersSchema, makeData({ type, length: rows, nullCount: 0, children }))
}

/** Rows that make a batch of about so many bytes. */
export const rowsOf = (bytes: number): number => Math.floor(bytes / (COLUMNS * 8))

/** Looks at the first and the last value of each column, as a consumer that uses the batch would at least do. */
export function touch(batch: RecordBatch): number {
  let sum = 0
  for (let c = 0; c < batch.numCols; c++) {
    const column = batch.getChildAt(c)!
    sum += Number(column.get(0)) + Number(column.get(batch.numRows - 1))
  }
  return sum
}
