import { type Data, type Dictionary, Type, Vector } from 'apache-arrow'
import { OutOfRangeError } from './frame_error.js'
import { Interner } from './interner.js'
import { scalarKind } from './scalars.js'
import { validityOf } from './validity.js'

interface MergedDictionary {
  dictionary: Vector
  indices: Record<number, number>
}

/** Lays the values of columns of one type end to end: `concatColumns`, which dictionaries of any type come back to. */
type Concat = (parts: readonly Data[]) => Data

type IndexArray = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array

/** Copies of dictionaries that many batches share, so that each is copied once. */
const copies = new WeakMap<Vector, Vector>()

/**
 * The indices of dictionary-encoded columns laid end to end, over one dictionary in memory of its own. Different dictionaries are merged,
 * equal values to one entry. Throws `ERR_QADS_OUT_OF_RANGE` when the merged dictionary outgrows the index type.
 */
export function concatDictionaries(
  columns: readonly Data[],
  length: number,
  concat: Concat,
): MergedDictionary {
  const type = columns[0]!.type as Dictionary
  const indices = new (type.indices.ArrayType as new (length: number) => IndexArray)(length)
  const [first, ...others] = new Set(
    columns.filter((column) => column.length > 0).map((column) => column.dictionary!),
  )
  const merged = others.length > 0 ? mergeDictionaries(type, [first!, ...others], concat) : undefined
  const dictionary = merged?.dictionary ?? copyOf(first ?? columns[0]!.dictionary!, concat)
  let at = 0
  for (const column of columns) {
    const source = column.values as IndexArray
    const codes = merged?.codes.get(column.dictionary!)
    if (codes === undefined) {
      indices.set(source.subarray(0, column.length), at)
    } else {
      const validity = validityOf(column)
      for (let i = 0; i < column.length; i++) {
        const bit = validity ? validity.offset + i : 0
        const isNull = validity !== undefined && (validity.bits[bit >> 3]! & (1 << (bit & 7))) === 0
        indices[at + i] = isNull ? 0 : codes[source[i]!]!
      }
    }
    at += column.length
  }
  return { dictionary, indices }
}

function copyOf(dictionary: Vector, concat: Concat): Vector {
  let copy = copies.get(dictionary)
  if (copy?.length !== dictionary.length) {
    copy = new Vector([concat(dictionary.data as readonly Data[])])
    copies.set(dictionary, copy)
    copies.set(copy, copy)
  }
  return copy
}

function mergeDictionaries(
  type: Dictionary,
  dictionaries: Vector[],
  concat: Concat,
): { dictionary: Vector; codes: Map<Vector, Int32Array> } {
  const chunks = concat(dictionaries.flatMap((dictionary) => dictionary.data))
  // Values that cannot be told apart exactly here (lists, the zeros and NaNs of floats, nulls) are kept side by side.
  const comparable =
    scalarKind(chunks.type) !== undefined && chunks.typeId !== Type.Float && chunks.nullCount === 0
  const interner = comparable ? new Interner(chunks.type, 'merging dictionaries') : undefined
  const merged = interner?.encode(chunks) ?? Int32Array.from({ length: chunks.length }, (_, i) => i)
  const size = interner?.size ?? chunks.length
  const { bitWidth, isSigned } = type.indices
  const most = 2 ** (bitWidth - (isSigned ? 1 : 0))
  if (size > most) {
    throw new OutOfRangeError(
      `merging ${dictionaries.length} dictionaries gives ${size} values, more than the ${most} that indices of ${bitWidth} bits can name`,
    )
  }
  const codes = new Map<Vector, Int32Array>()
  let at = 0
  for (const dictionary of dictionaries) {
    codes.set(dictionary, merged.subarray(at, at + dictionary.length))
    at += dictionary.length
  }
  return { dictionary: new Vector([interner?.values() ?? chunks]), codes }
}
