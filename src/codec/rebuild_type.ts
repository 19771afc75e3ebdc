import * as arrow from 'apache-arrow'
import type { DataType, Dictionary, Field } from 'apache-arrow'
import { IncompatibleError } from '../base/errors.js'

/** What a rebuilt type has anew. Everything else stays as it is. */
export interface Rebuild {
  /** The number of a dictionary. */
  id(dictionary: Dictionary): number
  name(name: string): string
}

/** A field of this copy of apache-arrow, made anew with everything nested in it. */
export function rebuildField(field: Field, how: Rebuild): Field {
  const type = rebuildType(field.type as DataType, how)
  return new arrow.Field(how.name(field.name), type, field.nullable, field.metadata)
}

/** A type of this copy of apache-arrow, made anew with everything nested in it. */
export function rebuildType(type: DataType, how: Rebuild): DataType {
  if (type.typeId === arrow.Type.Dictionary) {
    const dictionary = type as Dictionary
    const id = how.id(dictionary)
    const values = rebuildType(dictionary.dictionary as DataType, how)
    const indices = rebuildType(dictionary.indices as DataType, how) as arrow.Int32
    return new arrow.Dictionary(values, indices, id, dictionary.isOrdered)
  }
  const children = type.children as Field[] | null
  if (children === null || children.length === 0) return ownType(type)
  return Object.assign(Object.create(Object.getPrototypeOf(ownType(type)) as object) as DataType, type, {
    children: children.map((child) => rebuildField(child, how)),
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
  if (own === undefined) {
    throw new IncompatibleError(
      `a column is of type ${String(type)} of another copy of apache-arrow, which the copy of this library does not know: use the same version`,
    )
  }
  return Object.assign(Object.create(own.prototype) as DataType, type) as DataType
}
