/** Sums up the flights with RxJS while they arrive: `consumer.js ARENA`. */
import { DataType, type RecordBatch, type Schema } from 'apache-arrow'
import { fromArena } from 'qadataswap/rx'
import { lastValueFrom, reduce } from 'rxjs'

interface Totals {
  rows: number
  schema: Schema | undefined
  /** By the column's position. */
  nulls: number[]
  sums: number[]
}

function add(totals: Totals, batch: RecordBatch): Totals {
  totals.schema ??= batch.schema
  totals.rows += batch.numRows
  batch.schema.fields.forEach(({ type }, index) => {
    const column = batch.getChildAt(index)!
    totals.nulls[index] = (totals.nulls[index] ?? 0) + column.nullCount
    if (!DataType.isInt(type) && !DataType.isFloat(type)) return
    let sum = totals.sums[index] ?? 0
    for (let row = 0; row < column.length; row++) sum += Number(column.get(row) ?? 0)
    totals.sums[index] = sum
  })
  return totals
}

const [, , arena = ''] = process.argv
const start: Totals = { rows: 0, schema: undefined, nulls: [], sums: [] }
// A synchronous operator: each batch is finished, and its space free, when `add` returns.
const { rows, schema, nulls, sums } = await lastValueFrom(
  fromArena(arena, { waitMs: 60_000 }).pipe(reduce(add, start)),
)

console.log(`${rows} rows`)
schema?.fields.forEach(({ name, type }, index) => {
  console.log(`${name}: ${String(type)}, ${nulls[index]} null, sum ${sums[index] ?? '-'}`)
})
