import * as arrow from 'apache-arrow'
import type { DataType, Dictionary, Field, Schema } from 'apache-arrow'

/**
 * The schema as it is written: the same fields, types and metadata, but
 *
 * - dictionaries are numbered 0, 1, 2 … as they first appear. apache-arrow takes a new number for every `Dictionary`
 *   that is made, so that equal schemas would not have equal bytes, and every batch would bring a new schema;
 * - an empty name is written as an empty name. apache-arrow leaves it out, and some readers do not survive that;
 * - every object is of this copy of apache-arrow, whose encoder skips types that are not its own.
 */
export function wireSchema(schema: Schema, ids = new DictionaryIds()): Schema {
  return new arrow.Schema(
    schema.fields.map((field: Field) => wireField(field, ids)),
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

function wireField(field: Field, ids: DictionaryIds): Field {
  return new arrow.Field(
    field.name || EMPTY_NAME,
    wireType(field.type as DataType, ids),
    field.nullable,
    field.metadata,
  )
}

function wireType(type: DataType, ids: DictionaryIds): DataType {
  if (type.typeId === arrow.Type.Dictionary) {
    const dictionary = type as Dictionary
    const id = ids.of(dictionary.id)
    const values = wireType(dictionary.dictionary as DataType, ids)
    const indices = wireType(dictionary.indices as DataType, ids) as arrow.Int32
    return new arrow.Dictionary(values, indices, id, dictionary.isOrdered)
  }
  const children = type.children as Field[] | null
  if (children === null || children.length === 0) return ownType(type)
  return Object.assign(Object.create(Object.getPrototypeOf(ownType(type)) as object) as DataType, type, {
    children: children.map((child) => wireField(child, ids)),
  })
}

const CLASSES = new Map<number, { prototype: DataType }>([
  [arrow.Type.Null, arrow.Null],
  [arrow.Type.Int, arrow.Int],
  [arrow.Type.Float, arrow.Float],
  [arrow.Type.Binary, arrow.Binary],
  [arrow.Type.Utf8, arrow.Utf8],
  [arrow.Type.Bool, arrow.Bool],
  [arrow.Type.Decimal, arrow.Decimal],
  [arrow.Type.Date, arrow.Date_],
  [arrow.Type.Time, arrow.Time],
  [arrow.Type.Timestamp, arrow.Timestamp],
  [arrow.Type.Interval, arrow.Interval],
  [arrow.Type.List, arrow.List],
  [arrow.Type.Struct, arrow.Struct],
  [arrow.Type.Union, arrow.Union],
  [arrow.Type.FixedSizeBinary, arrow.FixedSizeBinary],
  [arrow.Type.FixedSizeList, arrow.FixedSizeList],
  [arrow.Type.Map, arrow.Map_],
  [arrow.Type.Duration, arrow.Duration],
  [arrow.Type.LargeBinary, arrow.LargeBinary],
  [arrow.Type.LargeUtf8, arrow.LargeUtf8],
  [arrow.Type.LargeList, arrow.LargeList],
  [arrow.Type.BinaryView, arrow.BinaryView],
  [arrow.Type.Utf8View, arrow.Utf8View],
])

/** The type itself, or its twin of this copy of apache-arrow. */
function ownType(type: DataType): DataType {
  if (type instanceof arrow.DataType) return type
  const own = CLASSES.get((type as DataType).typeId)
  return own === undefined
    ? type
    : (Object.assign(Object.create(own.prototype) as DataType, type) as DataType)
}
