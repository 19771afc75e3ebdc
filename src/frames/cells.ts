import {
  type Data,
  DateUnit,
  type Date_,
  type Float,
  Precision,
  TimeUnit,
  type Timestamp,
  Type,
  Vector,
} from 'apache-arrow'
import { getBit } from './bits.js'
import { concatColumns } from './concat.js'
import { withBuffers } from './null_column.js'
import { validityOf } from './validity.js'

/** Reads one row of a column: the value that apache-arrow's `Vector.get` gives (where that gives one), or null. */
export type CellReader = (row: number) => unknown

/** A reader of a column's cells, without a visitor call for each cell where the type allows. */
export function cellReader(source: Data): CellReader {
  const data = withBuffers(source)
  const read = valueReader(data)
  const validity = validityOf(data)
  if (validity === undefined) return read
  const { bits, offset } = validity
  return (row) => (getBit(bits, offset + row) ? read(row) : null)
}

function valueReader(data: Data): CellReader {
  const values = data.values as ArrayLike<unknown>
  switch (data.type.typeId) {
    case Type.Null:
      return () => null
    case Type.Int:
    case Type.Time:
    case Type.Duration:
      return (row) => values[row]
    case Type.Float: {
      if ((data.type as Float).precision !== Precision.HALF) return (row) => values[row]
      return vectorReader(data)
    }
    case Type.Bool: {
      const { offset } = data
      return (row) => getBit(values as Uint8Array, offset + row)
    }
    case Type.Timestamp:
      return timestampReader(values as BigInt64Array, (data.type as Timestamp).unit)
    case Type.Date: {
      if ((data.type as Date_).unit !== DateUnit.MILLISECOND) return vectorReader(data)
      return (row) => Number(values[row])
    }
    case Type.Dictionary:
      return dictionaryReader(data)
    default:
      return vectorReader(data)
  }
}

/**
 * Milliseconds, as apache-arrow gives them. It throws for times that are not whole below 2^53; here they are the nearest float, so that one
 * sentinel (the ends of 64 bits mean "none" or "for ever" in much data) does not take its batch with it.
 */
function timestampReader(values: BigInt64Array, unit: TimeUnit): CellReader {
  switch (unit) {
    case TimeUnit.SECOND:
      return (row) => 1000 * Number(values[row])
    case TimeUnit.MILLISECOND:
      return (row) => Number(values[row])
    case TimeUnit.MICROSECOND:
      return (row) => divide(values[row]!, 1000n)
    case TimeUnit.NANOSECOND:
      return (row) => divide(values[row]!, 1_000_000n)
  }
}

function divide(value: bigint, by: bigint): number {
  return Number(value / by) + Number(value % by) / Number(by)
}

function vectorReader(data: Data): CellReader {
  const vector = new Vector([data])
  return (row): unknown => vector.get(row)
}

/** Decodes each value of the dictionary once, however many rows have it. */
function dictionaryReader(data: Data): CellReader {
  const indices = data.values as ArrayLike<number>
  const chunks = data.dictionary!.data as Data[]
  const read = cellReader(chunks.length === 1 ? chunks[0]! : concatColumns(chunks))
  const decoded: unknown[] = []
  const isDecoded: boolean[] = []
  return (row) => {
    const index = indices[row]!
    if (isDecoded[index] !== true) {
      decoded[index] = read(index)
      isDecoded[index] = true
    }
    return decoded[index]
  }
}
