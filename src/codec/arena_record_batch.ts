import { type Data, RecordBatch, type Schema, type Struct, type TypeMap, type Vector } from 'apache-arrow'
import type { AnySchema } from '../base/any_schema.js'
import { BareVector } from './bare_vector.js'
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

/**
 * Inherits from apache-arrow's RecordBatch without its constructor. That one needs every column made, and makes the schema
 * and the batch anew, which takes ten times as long as decoding.
 */
class LazyRecordBatch<T extends TypeMap> implements Invalidable {
  readonly schema: Schema<T>
  readonly #positions: ReadonlyMap<PropertyKey, number>
  readonly #keeper: object | undefined
  #columns: BatchColumns
  #vectors: (Vector | undefined)[] | undefined

  constructor(known: KnownSchema, columns: BatchColumns, keeper: object | undefined) {
    this.schema = known.schema as Schema<T>
    this.#positions = known.positions
    this.#keeper = keeper
    this.#columns = columns
  }

  static keeperOf(batch: object): object | undefined {
    return #keeper in batch ? batch.#keeper : undefined
  }

  static metadataOf(batch: RecordBatch): Map<string, string> | undefined {
    return #columns in batch ? batch.#columns.metadata() : batch.metadata
  }

  get data(): Data<Struct<T>> {
    return this.#columns.all() as Data<Struct<T>>
  }

  get numRows(): number {
    return this.#columns.rows
  }

  /** What apache-arrow's own methods take the metadata from. */
  get _metadata(): Map<string, string> {
    return this.#columns.metadata() ?? new Map()
  }

  getChild<P extends keyof T>(name: P): Vector<T[P]> | null {
    const index = this.#positions.get(name)
    return index === undefined ? null : this.getChildAt(index)
  }

  getChildAt<R extends T[keyof T]>(index: number): Vector<R> | null {
    if (!(index >= 0 && index < this.schema.fields.length)) return null
    this.#vectors ??= new Array<undefined>(this.schema.fields.length)
    return (this.#vectors[index] ??= new BareVector(this.#columns.column(index))) as Vector<R>
  }

  invalidate(error: () => Error): void {
    const columns = this.#columns
    this.#columns = new ReleasedColumns(columns.rows, error)
    this.#vectors = undefined
    poison(columns.made(), error)
  }
}
Object.defineProperty(LazyRecordBatch, 'name', { value: 'ArenaRecordBatch' })
Object.setPrototypeOf(LazyRecordBatch, RecordBatch)
Object.setPrototypeOf(LazyRecordBatch.prototype, RecordBatch.prototype)

/** Of all batches that are made here. */
export const arenaBatchPrototype: object = LazyRecordBatch.prototype

/**
 * @param keeper Whatever is to live as long as the batch, and to be found from it: a private field is invisible to
 *   equality and inspection, and several times cheaper than an entry in a WeakMap.
 */
export function makeArenaRecordBatch(
  known: KnownSchema,
  columns: BatchColumns,
  keeper?: object,
): ArenaRecordBatch {
  return new LazyRecordBatch(known, columns, keeper) as unknown as ArenaRecordBatch
}

/** What the batch was made with; undefined for batches that were made elsewhere. */
export function keeperOf(batch: object): object | undefined {
  return LazyRecordBatch.keeperOf(batch)
}

/** A batch's own metadata, undefined or empty when it has none. No Map is made for a batch that was read and has none. */
export function metadataOf(batch: RecordBatch): Map<string, string> | undefined {
  return LazyRecordBatch.metadataOf(batch)
}
