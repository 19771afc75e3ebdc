import type { RecordBatch, Schema, TypeMap } from 'apache-arrow'
import type { AnySchema } from '../base/any_schema.js'
import { adoptBatch, adoptSchema } from './adopt.js'
import { columnOf, fieldOf } from './batch.js'
import { type ColumnName } from './column_types.js'
import { type Joined, JoinedColumns, type UnmatchedRows } from './joined_columns.js'
import { KeyEncoder, NO_KEY } from './key_encoder.js'
import { NO_ROW, RowStore } from './row_store.js'
import { takeRows } from './take.js'

/** How the latest row of each key is put beside the rows of another stream. */
export interface LatestOptions<K extends string, Suffix extends string = '_right'> {
  /** Key columns of both sides. A row with a null in its key matches nothing. */
  readonly by: readonly K[]
  /** What becomes of rows of a key that has not been seen: nulls beside them (the default), or they are dropped. */
  readonly unmatched?: UnmatchedRows
  /** Put behind the names of right columns that the left has too. Default `_right`. */
  readonly suffix?: Suffix
  /** The schema of the right side. Without it, its columns are not known until its first batch. */
  readonly rightSchema?: Schema
}

/** Keeps the last row of each key of one stream, copied, and joins it to the rows of another. */
export class LatestJoin<
  L extends TypeMap = AnySchema,
  R extends TypeMap = AnySchema,
  K extends ColumnName<L> & ColumnName<R> = ColumnName<L> & ColumnName<R>,
  Suffix extends string = '_right',
> {
  private readonly store = new RowStore()
  private readonly columns: JoinedColumns
  private readonly latest: number[] = []
  private encoder: KeyEncoder | undefined

  constructor(private readonly options: LatestOptions<K, Suffix>) {
    const { by, suffix = '_right', unmatched = 'null', rightSchema } = options
    this.columns = new JoinedColumns({ dropped: by, suffix, unmatched })
    if (rightSchema !== undefined) this.columns.learn(adoptSchema(rightSchema))
  }

  /** Whether the columns of the right side are known, so that all joined batches have them. */
  get isReady(): boolean {
    return this.columns.isKnown
  }

  /** Takes rows of the right side; each replaces the one of its key before it. */
  addRight(right: RecordBatch<R>): void {
    const batch = adoptBatch(right)
    const keys = this.keysOf(batch)
    const rowOfKey = new Map<number, number>()
    keys.forEach((key, row) => {
      if (key !== NO_KEY) rowOfKey.set(key, row)
    })
    const rows = this.columns.rightColumns(takeRows(batch, [...rowOfKey.values()]))
    let id = this.store.add(rows)
    for (const key of rowOfKey.keys()) this.latest[key] = id++
    this.compact()
  }

  /** The left rows with the latest right row of their key beside them. */
  join(left: RecordBatch<L>): RecordBatch<Joined<L, R, K, Suffix>> {
    const batch = adoptBatch(left)
    const keys = this.keysOf(batch)
    const ids = Float64Array.from(keys, (key) => (key === NO_KEY ? NO_ROW : (this.latest[key] ?? NO_ROW)))
    return this.columns.join(batch, this.store, ids) as RecordBatch<Joined<L, R, K, Suffix>>
  }

  private compact(): void {
    const used = Object.keys(this.latest)
    if (!this.store.isSparse(used.length)) return
    let id = this.store.compact(Float64Array.from(used, (key) => this.latest[Number(key)]!))
    for (const key of used) this.latest[Number(key)] = id++
  }

  private keysOf(batch: RecordBatch): Int32Array {
    const { by } = this.options
    this.encoder ??= new KeyEncoder(
      by.map((name) => fieldOf(batch.schema, name)),
      'none',
      'joining the latest rows',
    )
    return this.encoder.encode(
      by.map((name) => columnOf(batch, name)),
      batch.numRows,
    )
  }
}
