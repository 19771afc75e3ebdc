import { type RecordBatch, Schema, type TypeMap } from 'apache-arrow'
import type { AnySchema } from '../base/any_schema.js'
import { AsofHistory } from './asof_history.js'
import { adoptBatch, adoptSchema } from './adopt.js'
import { columnOf, fieldOf } from './batch.js'
import { type ColumnName, type Flat } from './column_types.js'
import { OutOfOrderError } from './frame_error.js'
import {
  checkSameColumn,
  type Joined,
  JoinedColumns,
  type UnmatchedRows,
  withColumnAgain,
} from './joined_columns.js'
import { KeyEncoder, NO_KEY } from './key_encoder.js'
import { NO_ROW, RowStore } from './row_store.js'
import { type RawTime, timesOf } from './time_windows.js'
import { type Validity, validityOf } from './validity.js'

/** How two streams of batches are joined by time. */
export interface AsofOptions<
  L extends TypeMap,
  R extends TypeMap,
  On extends ColumnName<L> & ColumnName<R>,
  K extends ColumnName<L> & ColumnName<R> = never,
  Suffix extends string = '_right',
  Time extends string = never,
> {
  /** The time column of both sides: of one type, never going back from row to row. A row in which it is null or NaN matches nothing. */
  readonly on: On
  /** Key columns of both sides. Rows match within one key only; a row with a null in its key matches nothing. */
  readonly by?: readonly K[]
  /** How old the right row may be at most, in the time column's own unit. Default: any age. */
  readonly tolerance?: RawTime
  /** Whether a right row of exactly the left row's time matches. Default true. */
  readonly exactMatches?: boolean
  /** What becomes of left rows without a match: nulls beside them (the default), or they are dropped. */
  readonly unmatched?: UnmatchedRows
  /** Put behind the names of right columns that the left has too. Default `_right`. */
  readonly suffix?: Suffix
  /** The schema of the right side. Without it, its columns are not known until its first batch. */
  readonly rightSchema?: Schema
  /** Keep the time of the right row under this name, which must be new. */
  readonly rightTime?: Time
}

/** The columns of an as-of join. */
export type AsofJoined<
  L extends TypeMap,
  R extends TypeMap,
  On extends keyof R,
  K,
  Suffix extends string,
  Time extends string,
> = Flat<Joined<L, R, On | K, Suffix> & Record<Time, R[On]>>

/**
 * An as-of join, backward in time: beside each left row, the last right row of the same key whose time is not after it. Fed one batch
 * at a time, with the right side ahead of the left: `isReady` tells when the outcome for a left batch can no longer change.
 *
 * The rows of the right side are copied. Kept are, per key, the last row up to the time to which the left side has been joined, and
 * the rows after it.
 */
export class AsofJoin<
  L extends TypeMap = AnySchema,
  R extends TypeMap = AnySchema,
  On extends ColumnName<L> & ColumnName<R> = ColumnName<L> & ColumnName<R>,
  K extends ColumnName<L> & ColumnName<R> = never,
  Suffix extends string = '_right',
  Time extends string = never,
> {
  private readonly store = new RowStore()
  private readonly history: AsofHistory
  private readonly columns: JoinedColumns
  private readonly exact: boolean
  private encoder: KeyEncoder | undefined
  private leftSchema: Schema | undefined
  private rightSchema: Schema | undefined
  private rightDone = false
  private rightTime: RawTime | undefined
  private leftTime: RawTime | undefined

  constructor(private readonly options: AsofOptions<L, R, On, K, Suffix, Time>) {
    const { on, by = [], suffix = '_right', unmatched = 'null', exactMatches = true, rightTime } = options
    this.exact = exactMatches
    this.history = new AsofHistory(this.store, exactMatches)
    this.columns = new JoinedColumns({ dropped: [on, ...by], named: rightTime, suffix, unmatched })
    if (options.rightSchema !== undefined)
      this.columns.learn(this.rightShape(adoptSchema(options.rightSchema)))
  }

  /** Right rows that are kept because they may still match. */
  get bufferedRows(): number {
    return this.history.size
  }

  /** The time of the last right row seen. */
  get latestRight(): RawTime | undefined {
    return this.rightTime
  }

  /** The time of the last left row seen. */
  get latestLeft(): RawTime | undefined {
    return this.leftTime
  }

  /** Takes rows of the right side, which are copied. Throws `ERR_QADS_OUT_OF_ORDER` when time goes back. */
  addRight(right: RecordBatch<R>): void {
    const batch = adoptBatch(right)
    const { on, rightTime } = this.options
    if (this.leftSchema) checkSameColumn(on, this.leftSchema, batch.schema)
    this.rightSchema = batch.schema
    const source = rightTime === undefined ? batch : withColumnAgain(batch, on, rightTime)
    const id = this.store.add(this.columns.rightColumns(source))
    const keys = this.keysOf(batch)
    this.rightTime = eachTime(batch, on, 'right', this.rightTime, (row, time) => {
      if (keys[row] !== NO_KEY) this.history.add(keys[row]!, time, id + row)
    })
  }

  /** No more rows of the right side will come. */
  endRight(): void {
    this.rightDone = true
  }

  /** Takes note of a left batch, before `join`. Throws `ERR_QADS_OUT_OF_ORDER` when time goes back. */
  seeLeft(batch: RecordBatch<L>): void {
    const { on } = this.options
    const { schema } = adoptBatch(batch)
    if (this.rightSchema) checkSameColumn(on, schema, this.rightSchema)
    this.leftSchema = schema
    this.leftTime = eachTime(batch, on, 'left', this.leftTime, () => undefined)
  }

  /** Whether no right row that is still to come can change what `join` gives for this left batch. */
  isReady(batch: RecordBatch<L>): boolean {
    if (this.rightDone) return true
    const last = lastTime(batch, this.options.on)
    if (last === undefined) return true
    return this.rightTime !== undefined && (this.exact ? last < this.rightTime : last <= this.rightTime)
  }

  /** The left rows with their matches among the right rows seen so far. Left batches must be joined in order. */
  join(left: RecordBatch<L>): RecordBatch<AsofJoined<L, R, On, K, Suffix, Time>> {
    const batch = adoptBatch(left)
    const { on } = this.options
    const ids = new Float64Array(batch.numRows).fill(NO_ROW)
    const keys = this.keysOf(batch)
    let tolerance: RawTime | undefined
    const last = eachTime(batch, on, 'left', undefined, (row, time) => {
      tolerance ??= toleranceFor(time, this.options.tolerance)
      if (keys[row] !== NO_KEY) ids[row] = this.history.match(keys[row]!, time, tolerance)
    })
    const joined = this.columns.join(batch, this.store, ids)
    if (last !== undefined) this.history.forget(last)
    return joined as RecordBatch<AsofJoined<L, R, On, K, Suffix, Time>>
  }

  /** The schema of the right side as the join sees it, with the time under its second name. */
  private rightShape(schema: Schema): Schema {
    const { on, rightTime } = this.options
    const again =
      rightTime === undefined ? [] : [fieldOf(schema, on).clone({ name: rightTime, nullable: true })]
    return new Schema([...schema.fields, ...again])
  }

  private keysOf(batch: RecordBatch): Int32Array {
    const { by = [] } = this.options
    if (by.length === 0) return new Int32Array(batch.numRows)
    this.encoder ??= new KeyEncoder(
      by.map((name) => fieldOf(batch.schema, name)),
      'none',
      'an as-of join',
    )
    return this.encoder.encode(
      by.map((name) => columnOf(batch, name)),
      batch.numRows,
    )
  }
}

/** Calls `visit` with each row that has a time, and gives the last time. Throws when one is before the one before it. */
function eachTime(
  batch: RecordBatch,
  column: string,
  side: string,
  before: RawTime | undefined,
  visit: (row: number, time: RawTime) => void,
): RawTime | undefined {
  const data = columnOf(batch, column)
  const times = timesOf(data, `an as-of join on "${column}"`)
  const validity = validityOf(data)
  let latest = before
  for (let row = 0; row < batch.numRows; row++) {
    if (isNull(validity, row)) continue
    const time = times[row]!
    if (Number.isNaN(time)) continue
    if (latest !== undefined && time < latest) {
      throw new OutOfOrderError(
        `row ${row} of the ${side} side: "${column}" goes back from ${latest} to ${time}; an as-of join needs both sides sorted by time`,
      )
    }
    latest = time
    visit(row, time)
  }
  return latest
}

function lastTime(batch: RecordBatch, column: string): RawTime | undefined {
  const data = columnOf(batch, column)
  const validity = validityOf(data)
  let row = batch.numRows - 1
  const times = timesOf(data, `an as-of join on "${column}"`)
  while (row >= 0 && (isNull(validity, row) || Number.isNaN(times[row]!))) row--
  return row < 0 ? undefined : times[row]
}

function isNull(validity: Validity | undefined, row: number): boolean {
  if (validity === undefined) return false
  const bit = validity.offset + row
  return (validity.bits[bit >> 3]! & (1 << (bit & 7))) === 0
}

function toleranceFor(time: RawTime, tolerance: RawTime | undefined): RawTime | undefined {
  if (tolerance === undefined) return undefined
  return typeof time === 'bigint' ? BigInt(tolerance) : Number(tolerance)
}
