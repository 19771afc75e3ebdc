import { deepStrictEqual } from 'node:assert/strict'
import test from 'ava'
import { Field, type RecordBatch, Schema, TimestampNanosecond } from 'apache-arrow'
import fc from 'fast-check'
import { rowsToBatch, sliceRows, TimeWindows } from 'qadataswap'
import { rowsOf } from './support/cells.js'
import { holds } from './support/property.js'

const schema = new Schema([new Field('at', new TimestampNanosecond(), true)])

test('rows are cut where the window changes, and every row lies in its window', (t) => {
  const times = fc.array(fc.option(fc.integer({ min: 0, max: 15 }), { freq: 8 }), { maxLength: 40 })
  holds(
    t,
    fc.property(
      times,
      fc.bigInt({ min: -50n, max: 10n ** 18n }),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(40),
      (steps, origin, every, cut) => {
        let at = origin
        const rows = steps.map((step) => ({ at: step === null ? null : (at += BigInt(step)) }))
        const whole: RecordBatch = rowsToBatch(rows, schema)
        const windows = new TimeWindows({ column: 'at', every })
        const parts = [sliceRows(whole, 0, cut), sliceRows(whole, cut)].flatMap((batch) => [
          ...windows.split(batch),
        ])
        deepStrictEqual(
          parts.flatMap((part) => rowsOf(part.rows)),
          rows.filter((row) => row.at !== null),
        )
        for (const { start, rows: inside } of parts) {
          const first = start as bigint
          deepStrictEqual(((first % BigInt(every)) + BigInt(every)) % BigInt(every), 0n)
          for (const row of rowsOf(inside)) {
            const time = row['at'] as bigint
            deepStrictEqual(time >= first && time < first + BigInt(every), true)
          }
        }
        const starts = parts.map((part) => part.start as bigint)
        deepStrictEqual(
          starts,
          [...starts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
        )
      },
    ),
    { numRuns: 300 },
  )
})

test('a row of an earlier window is refused, one that is late within its window is not', (t) => {
  const windows = new TimeWindows({ column: 'at', every: 10 })
  const split = (...times: number[]) => [
    ...windows.split(rowsToBatch(times.map((at) => ({ at }))) as RecordBatch),
  ]
  t.deepEqual(
    split(12, 18, 15).map((part) => part.start),
    [10],
  )
  const error = t.throws(() => split(21, 19), { code: 'ERR_QADS_OUT_OF_ORDER' })
  t.is(
    error.message,
    'row 1: "at" goes back to 19, into a window before the one that starts at 20; sort the rows by time',
  )
})

for (const every of [0, -1, NaN, Infinity, 0n]) {
  test(`a window of ${String(every)} ${typeof every} is refused`, (t) => {
    t.throws(() => new TimeWindows({ column: 'at', every }), { code: 'ERR_QADS_INVALID_ARGUMENT' })
  })
}

test('a column of the window starts has the type of the time column', (t) => {
  const windows = new TimeWindows({ column: 'at', every: 10n })
  const [part] = windows.split(rowsToBatch([{ at: 25n }], schema))
  const column = windows.startColumn(part!.start, 3)
  t.deepEqual(column.type, new TimestampNanosecond())
  t.deepEqual([...(column.values as BigInt64Array)], [20n, 20n, 20n])
})
