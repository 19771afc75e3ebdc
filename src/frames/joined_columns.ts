import { type Data, type DataType, Field, type RecordBatch, Schema, type TypeMap } from 'apache-arrow'
import { InvalidArgumentError } from '../base/errors.js'
import { adoptData, withNewDictionaries } from './adopt.js'
import { columnIndex, columnOf, makeBatch } from './batch.js'
import { typeName } from './buffers.js'
import { type Flat } from './column_types.js'
import { ColumnTypeError } from './frame_error.js'
import { sameColumns } from './same_type.js'
import { nullColumn } from './null_column.js'
import { NO_ROW, type RowStore } from './row_store.js'
import { sliceRows } from './slice.js'
import { takeRows } from './take.js'

/** The columns of a join: those of the left, then those of the right without `Dropped`, with a suffix where the left has the name. */
export type Joined<L extends TypeMap, R extends TypeMap, Dropped, Suffix extends string> = Flat<
  L & { [P in Exclude<keyof R, Dropped> as P extends keyof L ? `${P & string}${Suffix}` : P]: R[P] }
>

/** Rows of the left side without a match: kept with nulls, or left out. */
export type UnmatchedRows = 'null' | 'drop'

interface JoinOptions {
  /** Columns of the right side that the left has already. */
  readonly dropped: readonly string[]
  /** A column of the right side that must have its own name. */
  readonly named?: string | undefined
  readonly suffix: string
  readonly unmatched: UnmatchedRows
}

/** Puts the columns of the right side of a join beside those of the left. */
export class JoinedColumns {
  private right: Schema | undefined
  private kept: number[] = []
  /** Of the columns that are kept, with dictionary ids of their own: those of the left may be the same numbers. */
  private fields: Field[] = []
  private leftSchema: Schema | undefined
  private schema: Schema | undefined

  constructor(private readonly options: JoinOptions) {}

  /** Whether the columns of the right side are known. */
  get isKnown(): boolean {
    return this.right !== undefined
  }

  /** Takes note of the columns of the right side, which must be the same each time. */
  learn(schema: Schema): void {
    if (this.right === undefined) {
      this.right = schema
      this.kept = schema.fields
        .map((_, i) => i)
        .filter((i) => !this.options.dropped.includes(schema.fields[i]!.name))
      this.fields = withNewDictionaries(this.kept.map((i) => schema.fields[i]!))
    } else if (!sameColumns(this.right, schema)) {
      throw new ColumnTypeError(
        `the right side of a join changed its columns: ${describe(this.right)}, then ${describe(schema)}`,
      )
    }
  }

  /** The columns of a batch of the right side that the join gives. */
  rightColumns(batch: RecordBatch): RecordBatch {
    this.learn(batch.schema)
    return makeBatch(
      new Schema(this.fields),
      this.kept.map((i, at) => adoptData(batch.data.children[i]!, this.fields[at]!.type as DataType)),
      batch.numRows,
    )
  }

  /**
   * The left rows with the right rows of these ids beside them. While the columns of the right side are not known,
   * the join has none of them.
   */
  join(left: RecordBatch, store: RowStore, ids: Float64Array): RecordBatch {
    const { rows, rightIds } =
      this.options.unmatched === 'drop' ? matchedOnly(left, ids) : { rows: left, rightIds: ids }
    const columns = store.isEmpty ? this.nulls(rows.numRows) : store.gather(rightIds)
    return makeBatch(
      this.schemaFor(left.schema),
      [...rows.data.children, ...columns],
      rows.numRows,
      left.metadata,
    )
  }

  private nulls(rows: number): Data[] {
    return this.fields.map((field) => nullColumn(field.type as DataType, rows))
  }

  private schemaFor(left: Schema): Schema {
    if (this.schema !== undefined && this.leftSchema === left) return this.schema
    const leftNames = new Set(left.fields.map((field) => field.name))
    // By their names in the join: those of the right side. Two columns of one name there stay two of one name.
    const origins = new Map<string, string>()
    const added = this.fields.map((field) => {
      const clashes = leftNames.has(field.name) && field.name !== this.options.named
      const name = clashes ? field.name + this.options.suffix : field.name
      if (leftNames.has(name) || (origins.get(name) ?? field.name) !== field.name)
        throw new InvalidArgumentError(
          `the join would have two columns "${name}"; give another suffix or rename one`,
        )
      origins.set(name, field.name)
      return field.clone({ name, nullable: true })
    })
    const schema = new Schema([...left.fields, ...added], left.metadata)
    if (this.right !== undefined) {
      this.leftSchema = left
      this.schema = schema
    }
    return schema
  }
}

/** Throws unless both sides have the column with one type. */
export function checkSameColumn(name: string, left: Schema, right: Schema): void {
  const a = left.fields[columnIndex(left, name)]!
  const b = right.fields[columnIndex(right, name)]!
  if (!sameColumns(new Schema([a]), new Schema([b]))) {
    throw new ColumnTypeError(
      `"${name}" is ${typeName(a.type as DataType)} on the left and ${typeName(b.type as DataType)} on the right; cast one of them`,
    )
  }
}

/** A batch with one more column, which repeats a column of it under another name. */
export function withColumnAgain(batch: RecordBatch, column: string, name: string): RecordBatch {
  const field = batch.schema.fields[columnIndex(batch.schema, column)]!
  const schema = new Schema(
    [...batch.schema.fields, new Field(name, field.type, true)],
    batch.schema.metadata,
  )
  return makeBatch(schema, [...batch.data.children, columnOf(batch, column)], batch.numRows, batch.metadata)
}

function matchedOnly(left: RecordBatch, ids: Float64Array): { rows: RecordBatch; rightIds: Float64Array } {
  const matched = Int32Array.from(ids.keys()).filter((row) => ids[row] !== NO_ROW)
  if (matched.length === left.numRows) return { rows: left, rightIds: ids }
  const rows = matched.length === 0 ? sliceRows(left, 0, 0) : takeRows(left, matched)
  return { rows, rightIds: ids.filter((id) => id !== NO_ROW) }
}

function describe(schema: Schema): string {
  return `(${schema.fields.map((field) => `${field.name}: ${typeName(field.type as DataType)}`).join(', ')})`
}
