import { type RecordBatch, type TypeMap } from 'apache-arrow'
import { adoptBatch } from './adopt.js'
import { columnOf } from './batch.js'
import { cellReader } from './cells.js'
import { type Cells, type ColumnName } from './column_types.js'
import { sliceRows } from './slice.js'
import { takeRows } from './take.js'

/**
 * The rows of a batch for which the predicate holds. It is called once for each row, in order, with the cells of the named columns
 * (null where a cell is null). Rows that lie together are a slice over the same memory; otherwise the rows are copied.
 *
 * @example filterRows(batch, ['bid', 'ask'], (bid, ask) => bid !== null && ask !== null && bid < ask)
 */
export function filterRows<T extends TypeMap, const Names extends readonly ColumnName<T>[]>(
  batch: RecordBatch<T>,
  names: Names,
  predicate: (...cells: Cells<T, Names>) => boolean,
): RecordBatch<T> {
  const own = adoptBatch(batch)
  const rows = matchingRows(own, names, predicate as (...cells: unknown[]) => boolean)
  const count = rows.length
  if (count === 0) return sliceRows(own, 0, 0)
  const first = rows[0]!
  return rows[count - 1]! - first + 1 === count ? sliceRows(own, first, first + count) : takeRows(own, rows)
}

function matchingRows(
  batch: RecordBatch,
  names: readonly string[],
  predicate: (...cells: unknown[]) => boolean,
): Int32Array {
  const rows = new Int32Array(batch.numRows)
  let count = 0
  const [first, second, ...others] = names.map((name) => cellReader(columnOf(batch, name)))
  // One and two columns, which most predicates have, are called without an array for each row.
  const holds: (row: number) => boolean =
    first === undefined
      ? () => predicate()
      : second === undefined
        ? (row) => predicate(first(row))
        : others.length === 0
          ? (row) => predicate(first(row), second(row))
          : (row) => predicate(first(row), second(row), ...others.map((read) => read(row)))
  for (let row = 0; row < batch.numRows; row++) if (holds(row)) rows[count++] = row
  return rows.subarray(0, count)
}
