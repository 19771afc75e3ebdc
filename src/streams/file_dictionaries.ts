import type { Data } from 'apache-arrow'

import { BodyPlan, DictionaryValues } from '../codec/body_plan.js'
import { BufferViews } from '../codec/buffer_views.js'
import type { ColumnData } from '../codec/column_data.js'
import type { DictionaryShape, SchemaShape } from '../codec/column_shape.js'
import { DecodeCache, decodeSlot } from '../codec/decode.js'
import { planColumn } from '../codec/plan_column.js'
import type { KnownSchema } from '../codec/schema_cache.js'
import { templateOf } from '../codec/schema_template.js'
import { concatColumns } from '../frames/concat.js'
import { nullColumn } from '../frames/null_column.js'

/** A dictionary batch message, ready to be written. */
export interface DictionaryMessage {
  readonly bytes: Uint8Array
  readonly metadataLength: number
}

/**
 * The dictionaries of an Arrow file, which readers load before any batch: they may grow, and never change. Keeps copies of the values,
 * because batches may be released.
 */
export class FileDictionaries {
  readonly #cache = new DecodeCache()
  #section: Uint8Array | undefined
  /** By their place in the schema's shape. */
  #values: Data[] = []

  /** Takes note of the first dictionaries of the file. `section` are their messages. */
  begin(slot: Uint8Array, layout: Float64Array, known: KnownSchema, section: Uint8Array): void {
    this.#section = section
    if (known.shape !== undefined) this.#values = this.#valuesOf(slot, layout, known.shape)
  }

  /** What has to be added to the file for a batch, as deltas; undefined when its dictionaries are not those of the file, grown or not. */
  grow(
    slot: Uint8Array,
    layout: Float64Array,
    known: KnownSchema,
    section: Uint8Array,
  ): DictionaryMessage[] | undefined {
    if (Buffer.compare(this.#section!, section) === 0) return []
    const { shape, schema } = known
    if (shape === undefined) return undefined
    const deltas: DictionaryMessage[] = []
    const grown = [...this.#values]
    for (const [i, values] of this.#valuesOf(slot, layout, shape).entries()) {
      const before = this.#values[i]!
      const dictionary = shape.dictionaries[i]!
      const common = Math.min(before.length, values.length)
      if (Buffer.compare(bodyOf(dictionary, before, common), bodyOf(dictionary, values, common)) !== 0)
        return undefined
      if (values.length === common) continue
      deltas.push(deltaOf(schema, dictionary, values, common))
      grown[i] = values
    }
    this.#section = section
    this.#values = grown
    return deltas
  }

  #valuesOf(slot: Uint8Array, layout: Float64Array, shape: SchemaShape): Data[] {
    const values = new DictionaryValues()
    const plan = new BodyPlan(shape, values)
    const batch = decodeSlot(slot, layout, this.#cache)
    const columns = batch.data.children as unknown as readonly ColumnData[]
    shape.columns.forEach((column, i) => planColumn(plan, column, columns[i], 0, batch.numRows))
    const found: Data[] = []
    // Backwards: the values of one may be the only ones to refer to another, which stands before it.
    for (let i = shape.dictionaries.length - 1; i >= 0; i--) {
      const dictionary = shape.dictionaries[i]!
      const column = dictionary.values.columns[0]!
      const vector = values.of(dictionary)
      const whole =
        vector === undefined ? nullColumn(column.type, 0) : concatColumns(vector.data as readonly Data[])
      const inner = new BodyPlan(dictionary.values, values)
      planColumn(inner, column, whole, 0, whole.length)
      found[i] = whole
    }
    return found
  }
}

function planOf(dictionary: DictionaryShape, values: Data, from: number, to: number): BodyPlan {
  const plan = new BodyPlan(dictionary.values, undefined)
  planColumn(plan, dictionary.values.columns[0]!, values, from, to - from)
  return plan
}

/** The first values as they would be written, with the numbers that belong to them. */
function bodyOf(dictionary: DictionaryShape, values: Data, length: number): Uint8Array {
  const plan = planOf(dictionary, values, 0, length)
  const bytes = new Uint8Array(plan.byteLength)
  plan.write(BufferViews.of(bytes.buffer), 0)
  const numbers = Float64Array.from([...plan.nodes, ...plan.bufferLengths, ...plan.variadicCounts])
  return Buffer.concat([new Uint8Array(numbers.buffer), bytes])
}

function deltaOf(
  schema: KnownSchema['schema'],
  dictionary: DictionaryShape,
  values: Data,
  from: number,
): DictionaryMessage {
  const plan = planOf(dictionary, values, from, values.length)
  const template = templateOf(schema).dictionaryBatch(dictionary, true, plan.variadicCounts)
  const metadataLength = template.byteLength
  const bytes = new Uint8Array(metadataLength + plan.byteLength)
  const views = BufferViews.of(bytes.buffer)
  template.write(views, 0, values.length - from, plan.nodes, plan.bufferLengths, plan.byteLength)
  plan.write(views, metadataLength)
  return { bytes, metadataLength }
}
