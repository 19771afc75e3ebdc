import test from 'ava'
import {
  type Data,
  DateMillisecond,
  Dictionary,
  Field,
  Int32,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Timestamp,
  TimeUnit,
  Vector,
} from 'apache-arrow'
import {
  batchToRows,
  filterRows,
  GroupAggregator,
  last,
  max,
  min,
  reduceColumns,
  rowsToBatch,
} from 'qadataswap'

const MIN = -(2n ** 63n)
const MAX = 2n ** 63n - 1n
const UNITS = [
  [TimeUnit.SECOND, 1e3, 253402300799n],
  [TimeUnit.MILLISECOND, 1, 253402300799999n],
  [TimeUnit.MICROSECOND, 1e-3, 253402300799999999n],
  [TimeUnit.NANOSECOND, 1e-6, 9214646400000000000n],
] as const

function batchOf(data: Data): RecordBatch {
  const fields = [new Field('t', data.type, true)]
  const type = new Struct(fields)
  return new RecordBatch(
    new Schema(fields),
    makeData({ type, length: data.length, nullCount: 0, children: [data] }),
  )
}

/** 9999-12-31, the ends of 64 bits (pandas' NaT is the least), and times that are common. */
const timesOf = (far: bigint) => [0n, -1n, far, MIN, MAX, 1700000000n]

test('times at the ends of 64 bits read as the nearest number, and exactly where that is asked for', (t) => {
  for (const [unit, ms, far] of UNITS) {
    const values = timesOf(far)
    const type = new Timestamp(unit, 'UTC')
    const data = makeData({ type, length: values.length, nullCount: 0, data: BigInt64Array.from(values) })
    const batch = batchOf(data)
    const where = TimeUnit[unit]
    const numbers = batchToRows(batch).map((row) => row['t'] as number)
    values.forEach((value, i) => {
      const expected = Number(value) * ms
      t.true(Math.abs(numbers[i]! - expected) <= Math.abs(expected) * 1e-15, `${where}: ${value}`)
    })
    const exact = batchToRows(batch, { timestamps: 'exact' })
    t.deepEqual(
      exact.map((row) => row['t'] as bigint),
      values,
    )
    t.deepEqual(rowsToBatch(exact, batch.schema).data.children[0]!.values, data.values)
    const dates = batchToRows(batch, { timestamps: 'date' }).map((row) => row['t'] as Date)
    dates.forEach((date, i) => {
      const inRange = Math.abs(numbers[i]!) <= 8.64e15
      t.is(date.getTime(), inRange ? Math.floor(numbers[i]!) : NaN, `${where}: ${values[i]}`)
    })
    const seen: unknown[] = []
    filterRows(batch, ['t'], (time) => seen.push(time) > 0)
    t.deepEqual(seen, numbers)
    const ends = new GroupAggregator({
      by: [],
      aggregates: { low: min('t'), high: max('t'), last: last('t') },
    })
    ends.add(batch)
    t.deepEqual(
      ends.finish()!.data.children.map((column) => (column.values as BigInt64Array)[0]),
      [MIN, MAX, values.at(-1)],
    )
    t.deepEqual(reduceColumns(batch, { low: min('t'), high: max('t') }), {
      low: numbers[3],
      high: numbers[4],
    })
  }
})

test('a dictionary of far times, and far dates, read as the nearest number', (t) => {
  const type = new Timestamp(TimeUnit.MILLISECOND)
  const chunk = (...values: bigint[]) =>
    makeData({ type, length: values.length, nullCount: 0, data: BigInt64Array.from(values) })
  for (const chunks of [[chunk(5n, MIN)], [chunk(5n), chunk(MIN)]]) {
    const encoded = makeData({
      type: new Dictionary(type, new Int32()),
      length: 3,
      nullCount: 0,
      data: Int32Array.of(1, 0, 1),
      dictionary: new Vector(chunks),
    })
    const seen: unknown[] = []
    filterRows(batchOf(encoded), ['t'], (time) => seen.push(time) > 0)
    t.deepEqual(seen, [Number(MIN), 5, Number(MIN)])
    t.deepEqual(
      batchToRows(batchOf(encoded)).map((row) => row['t'] as number),
      seen as number[],
    )
  }
  const days = makeData({
    type: new DateMillisecond(),
    length: 2,
    nullCount: 0,
    data: BigInt64Array.of(MAX, 86_400_000n),
  } as never)
  t.deepEqual(
    batchToRows(batchOf(days)).map((row) => row['t'] as number),
    [Number(MAX), 86_400_000],
  )
})
