import { type Data, type Decimal, TimeUnit, type Timestamp, Type, type Union } from 'apache-arrow'
import { getBit } from './bits.js'
import { type CellReader, cellReader } from './cells.js'
import { concatColumns } from './concat.js'
import { formatDecimal } from './decimal_text.js'
import { withBuffers } from './null_column.js'
import { checkDistinct, setOwn } from './properties.js'
import { decimalsOf } from './scalars.js'
import { validityOf } from './validity.js'

/** How timestamps read. */
export type TimestampForm = 'milliseconds' | 'exact' | 'date'

const MS_PER_SECOND = 1000

/** Reads one row of a column as a plain value that shares no memory with it: arrays, objects and `Map`s for nested types. */
export function plainReader(source: Data, timestamps: TimestampForm): CellReader {
  const column = withBuffers(source)
  const read = valueReader(column, timestamps)
  const validity = validityOf(column)
  if (validity === undefined) return read
  const { bits, offset } = validity
  return (row) => (getBit(bits, offset + row) ? read(row) : null)
}

function valueReader(column: Data, timestamps: TimestampForm): CellReader {
  const type = column.type
  const child = (i: number) => plainReader(column.children[i]!, timestamps)
  switch (type.typeId) {
    case Type.Timestamp:
      return timestampReader(column, timestamps)
    case Type.Decimal: {
      const unscaled = decimalsOf(column)
      return (row) => formatDecimal(unscaled[row]!, (type as Decimal).scale)
    }
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary:
    case Type.Interval: {
      const read = cellReader(column)
      return (row) => (read(row) as Uint8Array | Int32Array).slice()
    }
    case Type.List:
    case Type.LargeList:
      return listReader(column, child(0))
    case Type.FixedSizeList: {
      const item = child(0)
      return (row) => Array.from({ length: column.stride }, (_, i) => item(row * column.stride + i))
    }
    case Type.Map: {
      const entries = column.children[0]!
      const [key, value] = entries.children.map((part) => plainReader(part, timestamps))
      const entryOf = listReader(column, (row) => [key!(row), value!(row)])
      return (row) => new Map(entryOf(row) as [unknown, unknown][])
    }
    case Type.Struct: {
      const names = type.children.map((field) => field.name)
      checkDistinct(names, 'a struct')
      return objectReader(
        names,
        names.map((_, i) => child(i)),
      )
    }
    case Type.Union: {
      const readers = column.children.map((_, i) => child(i))
      const offsets = column.valueOffsets as Int32Array | undefined
      const childOf = (row: number) =>
        (type as Union).typeIdToChildIndex[(column.typeIds as Int8Array)[row]!]!
      return (row) => readers[childOf(row)]!(offsets === undefined ? row : offsets[row]!)
    }
    case Type.Dictionary: {
      const chunks = column.dictionary!.data as Data[]
      const read = plainReader(chunks.length === 1 ? chunks[0]! : concatColumns(chunks), timestamps)
      return (row) => read((column.values as Int32Array)[row]!)
    }
    default:
      return cellReader(column)
  }
}

/** Reads a row as an object with a property for each name. */
export function objectReader(
  names: readonly string[],
  readers: readonly CellReader[],
): (row: number) => Record<string, unknown> {
  if (names.includes('__proto__')) {
    return (row) => {
      const object = {}
      for (let i = 0; i < names.length; i++) setOwn(object, names[i]!, readers[i]!(row))
      return object
    }
  }
  return (row) => {
    const object: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) object[names[i]!] = readers[i]!(row)
    return object
  }
}

function listReader(column: Data, item: CellReader): (row: number) => unknown[] {
  const offsets = column.valueOffsets as unknown as ArrayLike<number | bigint>
  return (row) => {
    const begin = Number(offsets[row]!)
    return Array.from({ length: Number(offsets[row + 1]!) - begin }, (_, i) => item(begin + i))
  }
}

function timestampReader(column: Data, form: TimestampForm): CellReader {
  if (form === 'exact') return (row) => (column.values as BigInt64Array)[row]
  const read = cellReader(column)
  if (form === 'milliseconds') return read
  const { unit } = column.type as Timestamp
  // A date has whole milliseconds: floor, so that a time before the epoch does not move forward.
  return (row) => {
    const value = (column.values as BigInt64Array)[row]!
    return new Date(
      unit === TimeUnit.SECOND ? Number(value) * MS_PER_SECOND : Math.floor(read(row) as number),
    )
  }
}
