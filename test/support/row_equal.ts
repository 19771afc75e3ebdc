import { type Data, Type, type Union, UnionMode, type Vector } from 'apache-arrow'

/**
 * What tells a row of one column from a row of another of equal type, or undefined. Reads the buffers itself, so that
 * apache-arrow's conversions hide nothing.
 */
export function rowDifference(a: Data, i: number, b: Data, j: number): string | undefined {
  const type = a.type
  if (type.typeId === Type.Null) return undefined
  if (type.typeId === Type.Union) return unionDifference(a, i, b, j)
  const [validA, validB] = [a.getValid(i), b.getValid(j)]
  if (validA !== validB) return `: ${validA ? 'a value' : 'null'} instead of ${validB ? 'a value' : 'null'}`
  if (!validA) return undefined
  switch (type.typeId) {
    case Type.Bool:
      return different(bit(a, i), bit(b, j))
    case Type.Dictionary:
      return dictionaryDifference(a, i, b, j)
    case Type.Utf8:
    case Type.Binary:
    case Type.LargeUtf8:
    case Type.LargeBinary:
      return bytesDifference(variableBytes(a, i), variableBytes(b, j))
    case Type.Utf8View:
    case Type.BinaryView:
      return bytesDifference(viewBytes(a, i), viewBytes(b, j))
    case Type.List:
    case Type.LargeList:
    case Type.Map:
      return itemsDifference(a, range(a, i), b, range(b, j))
    case Type.FixedSizeList:
      return itemsDifference(a, [i * a.stride, (i + 1) * a.stride], b, [j * b.stride, (j + 1) * b.stride])
    case Type.Struct:
      return structDifference(a, i, b, j)
    default:
      return valuesDifference(a, i, b, j)
  }
}

function different(a: unknown, b: unknown): string | undefined {
  return Object.is(a, b) ? undefined : `: ${String(a)} instead of ${String(b)}`
}

function bit(data: Data, row: number): boolean {
  const at = data.offset + row
  return ((data.values as Uint8Array)[at >> 3]! & (1 << (at & 7))) !== 0
}

/** Compares bytes, as a NaN has many forms. */
function valuesDifference(a: Data, i: number, b: Data, j: number): string | undefined {
  return bytesDifference(fixedBytes(a, i), fixedBytes(b, j))
}

function fixedBytes(data: Data, row: number): Uint8Array {
  const values = data.values as Uint8Array
  const width = data.stride * values.BYTES_PER_ELEMENT
  return new Uint8Array(values.buffer, values.byteOffset + row * width, width)
}

function bytesDifference(a: Uint8Array, b: Uint8Array): string | undefined {
  return Buffer.compare(a, b) === 0 ? undefined : `: bytes ${a.join()} instead of ${b.join()}`
}

function range(data: Data, row: number): [begin: number, end: number] {
  const offsets = data.valueOffsets as Int32Array
  return [Number(offsets[row]), Number(offsets[row + 1])]
}

function variableBytes(data: Data, row: number): Uint8Array {
  return (data.values as Uint8Array).subarray(...range(data, row))
}

function viewBytes(data: Data, row: number): Uint8Array {
  const views = data.values as Uint8Array
  const view = new DataView(views.buffer, views.byteOffset + row * 16, 16)
  const size = view.getInt32(0, true)
  if (size <= 12) return views.subarray(row * 16 + 4, row * 16 + 4 + size)
  const at = view.getInt32(12, true)
  return data.variadicBuffers[view.getInt32(8, true)]!.subarray(at, at + size)
}

function itemsDifference(
  a: Data,
  [beginA, endA]: [number, number],
  b: Data,
  [beginB, endB]: [number, number],
): string | undefined {
  if (endA - beginA !== endB - beginB) return `: ${endA - beginA} items instead of ${endB - beginB}`
  for (let item = 0; item < endA - beginA; item++) {
    const difference = rowDifference(a.children[0]!, beginA + item, b.children[0]!, beginB + item)
    if (difference !== undefined) return `, item ${item}${difference}`
  }
  return undefined
}

function structDifference(a: Data, i: number, b: Data, j: number): string | undefined {
  for (const [child, data] of a.children.entries()) {
    const difference = rowDifference(data, i, b.children[child]!, j)
    if (difference !== undefined) return `, child ${child}${difference}`
  }
  return undefined
}

function unionDifference(a: Data, i: number, b: Data, j: number): string | undefined {
  const [idA, idB] = [(a.typeIds as Int8Array)[i]!, (b.typeIds as Int8Array)[j]!]
  if (idA !== idB) return `: type id ${idA} instead of ${idB}`
  const type = a.type as Union
  const child = type.typeIds.indexOf(idA)
  const dense = type.mode === UnionMode.Dense
  const at = (data: Data, row: number) => (dense ? (data.valueOffsets as Int32Array)[row]! : row)
  const difference = rowDifference(a.children[child]!, at(a, i), b.children[child]!, at(b, j))
  return difference === undefined ? undefined : `, type id ${idA}${difference}`
}

function dictionaryDifference(a: Data, i: number, b: Data, j: number): string | undefined {
  const [chunkA, rowA] = entry(a.dictionary!, Number((a.values as Int32Array)[i]))
  const [chunkB, rowB] = entry(b.dictionary!, Number((b.values as Int32Array)[j]))
  const difference = rowDifference(chunkA, rowA, chunkB, rowB)
  return difference === undefined ? undefined : `, dictionary${difference}`
}

function entry(dictionary: Vector, index: number): [chunk: Data, row: number] {
  let row = index
  for (const chunk of dictionary.data as Data[]) {
    if (row < chunk.length) return [chunk, row]
    row -= chunk.length
  }
  throw new RangeError(`index ${index} is past the end of a dictionary of ${dictionary.length}`)
}
