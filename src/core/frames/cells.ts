import { type Data, type Float, Precision, Type, Vector } from 'apache-arrow'
import { getBit } from './bits.js'
import { withBuffers } from './null_column.js'
import { validityOf } from './validity.js'

/** Reads one row of a column: the value that apache-arrow's `Vector.get` gives, or null. */
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
    case Type.Dictionary:
      return dictionaryReader(data)
    default:
      return vectorReader(data)
  }
}

function vectorReader(data: Data): CellReader {
  const vector = new Vector([data])
  return (row): unknown => vector.get(row)
}

/** Decodes each value of the dictionary once, however many rows have it. */
function dictionaryReader(data: Data): CellReader {
  const indices = data.values as ArrayLike<number>
  const dictionary = data.dictionary!
  const decoded: unknown[] = []
  const isDecoded: boolean[] = []
  return (row) => {
    const index = indices[row]!
    if (isDecoded[index] !== true) {
      decoded[index] = dictionary.get(index)
      isDecoded[index] = true
    }
    return decoded[index]
  }
}
