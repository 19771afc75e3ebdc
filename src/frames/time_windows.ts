import { type Data, type DataType, type RecordBatch } from 'apache-arrow'
import { InvalidArgumentError } from '../base/errors.js'
import { show } from '../base/validators.js'
import { columnFromBigints, columnFromNumbers } from './build_column.js'
import { adoptBatch } from './adopt.js'
import { columnOf } from './batch.js'
import { OutOfOrderError } from './frame_error.js'
import { bigintsOf, numbersOf, refuseType, scalarKind } from './scalars.js'
import { sliceRows } from './slice.js'
import { validityOf } from './validity.js'

/** A time, as the integer or float that the column stores. */
export type RawTime = number | bigint

/** Tumbling windows of the time that the rows carry, not of the time at which they arrive. */
export interface TimeWindow<C extends string = string> {
  /** A column of times or numbers that never goes back from row to row. Rows in which it is null are left out. */
  readonly column: C
  /** Length of a window in the column's own unit: 1_000_000_000n makes one second of a `timestamp[ns]`. Windows start at multiples of it. */
  readonly every: RawTime
}

/** Rows of one batch that lie in one window. */
export interface WindowPart {
  /** Start of the window. */
  readonly start: RawTime
  readonly rows: RecordBatch
}

/**
 * Cuts batches at the windows' bounds. A window is over when a row of a later one appears; the caller sees that by the change
 * of `start`.
 */
export class TimeWindows {
  private readonly every: RawTime
  private type: DataType | undefined
  private latest: RawTime | undefined

  constructor(private readonly window: TimeWindow) {
    const { every } = window
    if (!(typeof every === 'bigint' ? every > 0n : every > 0 && Number.isFinite(every))) {
      throw new InvalidArgumentError(`every must be a number or bigint above 0, got ${show(every)}`)
    }
    this.every = every
  }

  /** The parts of a batch in order. Throws `ERR_QADS_OUT_OF_ORDER` for a row of a window before the one that is open. */
  *split(given: RecordBatch): Generator<WindowPart, void, undefined> {
    const batch = adoptBatch(given)
    const column = columnOf(batch, this.window.column)
    this.type = column.type
    const times = timesOf(column, `a time window over "${this.window.column}"`)
    const validity = validityOf(column)
    let begin = 0
    let start: RawTime | undefined
    for (let row = 0; row < batch.numRows; row++) {
      if (
        validity &&
        (validity.bits[(validity.offset + row) >> 3]! & (1 << ((validity.offset + row) & 7))) === 0
      ) {
        if (start !== undefined) yield { start, rows: sliceRows(batch, begin, row) }
        start = undefined
        continue
      }
      const next = floorTo(times[row]!, this.every)
      if (next === start) continue
      if (this.latest !== undefined && next < this.latest) {
        throw new OutOfOrderError(
          `row ${row}: "${this.window.column}" goes back to ${times[row]}, into a window before the one that starts at ${this.latest}; sort the rows by time`,
        )
      }
      if (start !== undefined) yield { start, rows: sliceRows(batch, begin, row) }
      begin = row
      start = next
      this.latest = next
    }
    if (start !== undefined) yield { start, rows: sliceRows(batch, begin) }
  }

  /** A column that holds the start of a window in every row, of the type of the time column. */
  startColumn(start: RawTime, rows: number): Data {
    const type = this.type!
    const noNulls = { nullCount: 0 }
    if (typeof start === 'bigint')
      return columnFromBigints(type, new Array<bigint>(rows).fill(start), rows, noNulls)
    return columnFromNumbers(type, new Array<number>(rows).fill(start), rows, noNulls)
  }
}

/** The times of a column as they are stored. */
export function timesOf(column: Data, operation: string): ArrayLike<RawTime> {
  const type = column.type
  switch (scalarKind(type)) {
    case 'bigint':
      return bigintsOf(column)
    case 'number':
      return numbersOf(column)
    default:
      return refuseType(operation, type, 'times and numbers')
  }
}

function floorTo(time: RawTime, every: RawTime): RawTime {
  if (typeof time === 'bigint') {
    const step = BigInt(every)
    const rest = time % step
    return time - (rest < 0n ? rest + step : rest)
  }
  const step = Number(every)
  return Math.floor(time / step) * step
}
