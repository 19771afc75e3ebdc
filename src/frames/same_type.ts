import {
  type DataType,
  type Date_,
  type Decimal,
  type Dictionary,
  type Duration,
  type FixedSizeBinary,
  type FixedSizeList,
  type Float,
  type Int,
  type Interval,
  type Map_,
  type Schema,
  type Time,
  type Timestamp,
  Type,
  type Union,
} from 'apache-arrow'
import { childFields } from './buffers.js'

/**
 * Whether two types are the same in meaning and in memory. apache-arrow's own comparison is no help: it tells an `Int32` that the
 * user made from the one that came out of a message, and takes all decimals for the same. The id of a dictionary, the
 * names of a list's items and whether nested fields are nullable do not matter.
 */
export function sameType(a: DataType, b: DataType): boolean {
  if (a === b) return true
  if (a.typeId !== b.typeId || !sameParameters(a, b)) return false
  const aChildren = childFields(a)
  const bChildren = childFields(b)
  const named = a.typeId === Type.Struct || a.typeId === Type.Union
  return (
    aChildren.length === bChildren.length &&
    aChildren.every((child, i) => {
      const other = bChildren[i]!
      return (!named || child.name === other.name) && sameType(child.type as DataType, other.type as DataType)
    })
  )
}

/** Whether rows of both schemas can stand in one batch: the same columns of the same types in the same order, whatever the metadata says. */
export function sameColumns(a: Schema, b: Schema): boolean {
  if (a === b || a.fields === b.fields) return true
  return (
    a.fields.length === b.fields.length &&
    a.fields.every((field, i) => {
      const other = b.fields[i]!
      return field.name === other.name && sameType(field.type as DataType, other.type as DataType)
    })
  )
}

function sameParameters(a: DataType, b: DataType): boolean {
  switch (a.typeId) {
    case Type.Int:
      return (a as Int).bitWidth === (b as Int).bitWidth && (a as Int).isSigned === (b as Int).isSigned
    case Type.Float:
      return (a as Float).precision === (b as Float).precision
    case Type.Decimal: {
      const [x, y] = [a as Decimal, b as Decimal]
      return x.scale === y.scale && x.precision === y.precision && x.bitWidth === y.bitWidth
    }
    case Type.Date:
      return (a as Date_).unit === (b as Date_).unit
    case Type.Time:
      return (a as Time).unit === (b as Time).unit
    case Type.Timestamp:
      return (a as Timestamp).unit === (b as Timestamp).unit && timezone(a) === timezone(b)
    case Type.Duration:
      return (a as Duration).unit === (b as Duration).unit
    case Type.Interval:
      return (a as Interval).unit === (b as Interval).unit
    case Type.FixedSizeBinary:
      return (a as FixedSizeBinary).byteWidth === (b as FixedSizeBinary).byteWidth
    case Type.FixedSizeList:
      return (a as FixedSizeList).listSize === (b as FixedSizeList).listSize
    case Type.Map:
      return (a as Map_).keysSorted === (b as Map_).keysSorted
    case Type.Union: {
      const [x, y] = [a as Union, b as Union]
      return x.mode === y.mode && x.typeIds.every((id, i) => id === y.typeIds[i])
    }
    case Type.Dictionary: {
      const [x, y] = [a as Dictionary, b as Dictionary]
      return sameType(x.indices, y.indices) && sameType(x.dictionary as DataType, y.dictionary as DataType)
    }
    default:
      return true
  }
}

function timezone(type: DataType): string {
  return (type as Timestamp).timezone ?? ''
}
