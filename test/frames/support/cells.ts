import {
  type Data,
  type RecordBatch,
  type Struct,
  type TypeMap,
  Type,
  type Union,
  Vector,
} from 'apache-arrow'

/**
 * The cells of a column as plain values, read one by one through apache-arrow and, where that would round, from the stored array: the
 * oracle that the functions under test are compared with.
 */
export function cellsOf(column: Data): unknown[] {
  return Array.from({ length: column.length }, (_, row) => cellOf(column, row))
}

export function cellOf(column: Data, row: number): unknown {
  const { type } = column
  const values = column.values as ArrayLike<unknown>
  const offsets = column.valueOffsets as ArrayLike<unknown> | undefined
  if (type.typeId === Type.Union) {
    const union = type as Union
    const child = column.children[union.typeIdToChildIndex[(column.typeIds as Int8Array)[row]!]!]!
    return cellOf(child, offsets === undefined ? row : Number(offsets[row]))
  }
  if (type.typeId === Type.Null || !column.getValid(row)) return null
  if (type.typeId === Type.Timestamp || type.typeId === Type.Date) return values[row]
  const value: unknown = new Vector([column]).get(row)
  switch (type.typeId) {
    case Type.Dictionary:
      return dictionaryCell(column.dictionary!, Number(values[row]))
    case Type.List:
    case Type.LargeList:
    case Type.FixedSizeList:
      return (value as Vector).data.flatMap(cellsOf)
    case Type.Map:
    case Type.Struct:
      return nestedCell(column, row)
    default:
      return value instanceof Uint8Array || ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value
  }
}

function dictionaryCell(dictionary: Vector, index: number): unknown {
  let at = index
  for (const chunk of dictionary.data as readonly Data[]) {
    if (at < chunk.length) return cellOf(chunk, at)
    at -= chunk.length
  }
  throw new Error(`index ${index} is not in the dictionary`)
}

function nestedCell(column: Data, row: number): unknown {
  const { type } = column
  if (type.typeId === Type.Struct) {
    return Object.fromEntries(
      (type as Struct).children.map((field, i) => [field.name, cellOf(column.children[i]!, row)]),
    )
  }
  const offsets = column.valueOffsets as ArrayLike<unknown>
  const [begin, end] = [Number(offsets[row]), Number(offsets[row + 1])]
  const [keys, values] = column.children[0]!.children
  return Array.from({ length: end - begin }, (_, i) => [cellOf(keys!, begin + i), cellOf(values!, begin + i)])
}

/** The rows of a batch as plain objects, by the same reading. */
export function rowsOf<T extends TypeMap>(batch: RecordBatch<T>): Record<string, unknown>[] {
  return Array.from({ length: batch.numRows }, (_, row) =>
    Object.fromEntries(
      batch.schema.fields.map((field, i) => [field.name, cellOf(batch.data.children[i]!, row)]),
    ),
  )
}
