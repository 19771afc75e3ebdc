import { isUtf8 } from 'node:buffer'

import { type Data, DataType, type DenseUnion, type Dictionary, type SparseUnion } from 'apache-arrow'

import { CorruptError } from '../base/errors.js'

/**
 * Checks the values that came out of compressed buffers as the native verifier checks those that lie open: whatever leads
 * to another value, and UTF-8.
 * @throws CorruptError
 */
export function checkValues(data: Data): void {
  const { type } = data
  if (DataType.isDictionary(type)) checkKeys(data as Data<Dictionary>)
  else if (DataType.isUtf8(type) || DataType.isLargeUtf8(type))
    checkTexts(data, checkOffsets(data, bytesOf(data)))
  else if (DataType.isBinary(type) || DataType.isLargeBinary(type)) checkOffsets(data, bytesOf(data))
  else if (DataType.isList(type) || DataType.isMap(type)) checkOffsets(data, data.children[0]!.length)
  else if (DataType.isUnion(type)) checkTypeIds(data as Data<DenseUnion | SparseUnion>)
  data.children.forEach(checkValues)
}

function refuse(what: string): never {
  throw new CorruptError(`values that were compressed are damaged: ${what}`)
}

function bytesOf(data: Data): number {
  return (data.values as Uint8Array).length
}

function checkOffsets(data: Data, limit: number): number[] {
  const offsets = Array.from(data.valueOffsets as Iterable<bigint | number>, Number).slice(0, data.length + 1)
  let last = 0
  if (data.length > 0 && offsets.length <= data.length) refuse('value offsets are missing')
  for (const offset of offsets) {
    if (offset < last || offset > limit) refuse('value offset is out of order or range')
    last = offset
  }
  return offsets
}

function checkTexts(data: Data, offsets: readonly number[]): void {
  const bytes = data.values as Uint8Array
  for (let i = 0; i < data.length; i++) {
    if (data.getValid(i) && !isUtf8(bytes.subarray(offsets[i], offsets[i + 1]))) refuse('string is not UTF-8')
  }
}

function checkKeys(data: Data<Dictionary>): void {
  const entries = data.dictionary!.length
  const keys = data.values as ArrayLike<bigint | number>
  for (let i = 0; i < data.length; i++) {
    const key = Number(keys[i])
    if (data.getValid(i) && !(key >= 0 && key < entries)) refuse('dictionary index is out of range')
  }
  data.dictionary!.data.forEach(checkValues)
}

function checkTypeIds(data: Data<DenseUnion | SparseUnion>): void {
  const { typeIds, length, children } = data
  const { typeIdToChildIndex } = data.type
  const offsets = DataType.isDenseUnion(data.type) ? (data.valueOffsets as Int32Array) : undefined
  for (let i = 0; i < length; i++) {
    const child = children[typeIdToChildIndex[typeIds[i]!] ?? -1]
    if (child === undefined) refuse('union has no such type id')
    const offset = offsets === undefined ? i : offsets[i]!
    if (!(offset >= 0 && offset < child.length)) refuse('union offset is out of range')
  }
}
