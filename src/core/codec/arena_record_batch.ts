import { type Data, RecordBatch, type Schema, type Struct, type TypeMap, Vector } from 'apache-arrow'
import type { AnySchema } from '../any_schema.js'
import { type BatchColumns, ReleasedColumns } from './batch_columns.js'
import { poison } from './poison.js'
import type { KnownSchema } from './schema_cache.js'

/** A record batch that lies in an arena, or in the copy that was made of it when it was read. */
export type ArenaRecordBatch<T extends TypeMap = AnySchema> = RecordBatch<T> & Invalidable

export interface Invalidable {
  /**
   * Makes every further use of the batch and of the columns that it has given out throw what `error` makes. Call it
   * when the batch's memory is about to go away.
   */
  invalidate(error: () => Error): void
}

type Overridden = 'data' | 'schema' | 'numRows' | 'getChild' | 'getChildAt'

/**
 * apache-arrow's RecordBatch without its constructor. That one needs every column made, and makes the schema and the
 * batch anew, which takes ten times as long as decoding.
 */
const BareRecordBatch = function () {
  // Nothing: the subclass has its own state.
} as unknown as new <T extends TypeMap>() => Omit<RecordBatch<T>, Overridden>
BareRecordBatch.prototype = RecordBatch.prototype
Object.setPrototypeOf(BareRecordBatch, RecordBatch)

class LazyRecordBatch<T extends TypeMap> extends BareRecordBatch<T> implements Invalidable {
  readonly schema: Schema<T>
  readonly #positions: ReadonlyMap<PropertyKey, number>
  #columns: BatchColumns
  #vectors: (Vector | undefined)[] | undefined

  constructor(known: KnownSchema, columns: BatchColumns) {
    super()
    this.schema = known.schema as Schema<T>
    this.#positions = known.positions
    this.#columns = columns
  }

  get data(): Data<Struct<T>> {
    return this.#columns.all() as Data<Struct<T>>
  }

  get numRows(): number {
    return this.#columns.rows
  }

  /** What apache-arrow's own methods take the metadata from. */
  get _metadata(): Map<string, string> {
    return this.#columns.metadata()
  }

  getChild<P extends keyof T>(name: P): Vector<T[P]> | null {
    const index = this.#positions.get(name)
    return index === undefined ? null : this.getChildAt(index)
  }

  getChildAt<R extends T[keyof T]>(index: number): Vector<R> | null {
    if (!(index >= 0 && index < this.schema.fields.length)) return null
    this.#vectors ??= []
    return (this.#vectors[index] ??= new Vector([this.#columns.column(index)])) as Vector<R>
  }

  invalidate(error: () => Error): void {
    const columns = this.#columns
    this.#columns = new ReleasedColumns(columns.rows, error)
    this.#vectors = undefined
    poison(columns.made(), error)
  }
}
Object.defineProperty(LazyRecordBatch, 'name', { value: 'ArenaRecordBatch' })

export function makeArenaRecordBatch(known: KnownSchema, columns: BatchColumns): ArenaRecordBatch {
  return new LazyRecordBatch(known, columns) as unknown as ArenaRecordBatch
}
