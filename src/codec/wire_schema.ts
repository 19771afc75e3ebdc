import { type Dictionary, type Field, Schema } from 'apache-arrow'
import { type Rebuild, rebuildField } from './rebuild_type.js'

/**
 * The schema as it is written: the same fields, types and metadata, but
 *
 * - dictionaries are numbered 0, 1, 2 … as they first appear. apache-arrow takes a new number for every `Dictionary`
 *   that is made, so that equal schemas would not have equal bytes, and every batch would bring a new schema;
 * - an empty name is written as an empty name. apache-arrow leaves it out, and some readers do not survive that;
 * - every object is of this copy of apache-arrow, whose encoder skips types that are not its own.
 */
export function wireSchema(schema: Schema, ids = new DictionaryIds()): Schema {
  const wire: Rebuild = { id: (dictionary: Dictionary) => ids.of(dictionary.id), name: wireName }
  return new Schema(
    schema.fields.map((field: Field) => rebuildField(field, wire)),
    schema.metadata,
    new Map(),
  )
}

/** Numbers dictionaries by first appearance. Columns that share one keep sharing it. */
export class DictionaryIds {
  readonly #wire = new Map<number, number>()

  /** The number that the dictionary with this id is written under. */
  of(id: number): number {
    let wire = this.#wire.get(id)
    if (wire === undefined) {
      wire = this.#wire.size
      this.#wire.set(id, wire)
    }
    return wire
  }
}

/** Where apache-arrow's encoder tests a name it tests for truth, and where it writes one it takes bytes too. */
const EMPTY_NAME = new Uint8Array(0) as unknown as string

function wireName(name: string): string {
  return name || EMPTY_NAME
}
