import * as arrow from 'apache-arrow'

/** Six columns of different widths. */
export function typedNumbers(rows: number, nullBitmap?: Uint8Array): arrow.RecordBatch {
  const column = (type: arrow.DataType, data: ArrayBufferView) =>
    arrow.makeData({ type, data, ...(nullBitmap && { nullBitmap }) } as never) as arrow.Data
  return new arrow.RecordBatch({
    a: column(
      new arrow.Float64(),
      Float64Array.from({ length: rows }, (_, i) => i / 2),
    ),
    b: column(
      new arrow.Float64(),
      Float64Array.from({ length: rows }, (_, i) => -i),
    ),
    c: column(
      new arrow.Int32(),
      Int32Array.from({ length: rows }, (_, i) => i),
    ),
    d: column(
      new arrow.Int64(),
      BigInt64Array.from({ length: rows }, (_, i) => BigInt(i)),
    ),
    e: column(
      new arrow.Float32(),
      Float32Array.from({ length: rows }, (_, i) => i),
    ),
    f: column(
      new arrow.Uint8(),
      Uint8Array.from({ length: rows }, (_, i) => i),
    ),
  })
}

export function withNulls(rows: number): arrow.RecordBatch {
  return typedNumbers(rows, new Uint8Array(Math.ceil(rows / 8)).fill(0b1101_1011))
}

export function mixed(rows: number): arrow.RecordBatch {
  const words = Array.from({ length: rows }, (_, i) => `word ${i}`)
  const column = (values: unknown[], type: arrow.DataType) =>
    arrow.vectorFromArray(values as never, type).data[0]!
  const list = new arrow.List(new arrow.Field('item', new arrow.Int32(), true))
  return new arrow.RecordBatch({
    a: column(words, new arrow.Utf8()),
    b: column(
      words.map((_, i) => words[i % 8]),
      new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()),
    ),
    c: column(
      words.map((_, i) => [i, i + 1]),
      list,
    ),
    d: column(
      words.map((_, i) => i % 3 === 0),
      new arrow.Bool(),
    ),
    e: column(
      words.map((_, i) => i),
      new arrow.Float64(),
    ),
    f: column(
      words.map((_, i) => i * 1000),
      new arrow.TimestampMillisecond(),
    ),
  })
}
