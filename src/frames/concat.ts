import {
  type Data,
  type DataType,
  makeData,
  type RecordBatch,
  type TypeMap,
  UnionMode,
  type Union,
} from 'apache-arrow'
import { newLike, type Offsets, offsetsOf, typeName, type Values, valuesOf } from './buffers.js'
import { adoptBatch } from './adopt.js'
import { makeBatch } from './batch.js'
import { bitmapBytes, copyBits } from './bits.js'
import { concatDictionaries } from './dictionary.js'
import { InvalidArgumentError, SchemaMismatchError } from '../base/errors.js'
import { located, OutOfRangeError } from './frame_error.js'
import { layoutOf } from './layout.js'
import { withBuffers } from './null_column.js'
import { sameColumns } from './same_type.js'
import { concatValidity } from './validity.js'
import { concatViews } from './views.js'

const MAX_INT32 = 0x7fffffff

/**
 * One batch of the rows of all, in order, in memory of its own: also of a single batch, which makes this the way to copy one out of
 * memory that is about to be given back. The schema and metadata are those of the first.
 *
 * Throws `ERR_QADS_SCHEMA_MISMATCH` when the columns differ, and `ERR_QADS_OUT_OF_RANGE` when a column of strings,
 * lists or dictionary indices outgrows its type.
 */
export function concatBatches<T extends TypeMap>(batches: readonly RecordBatch<T>[]): RecordBatch<T> {
  const own = batches.map(adoptBatch)
  const [first] = own
  if (first === undefined) {
    throw new InvalidArgumentError('concatBatches needs at least one batch, to know the schema')
  }
  let rows = 0
  for (const batch of own) {
    if (!sameColumns(first.schema, batch.schema)) {
      throw new SchemaMismatchError(
        `cannot concatenate batches of different columns: ${describe(first)} and ${describe(batch)}`,
      )
    }
    rows += batch.numRows
  }
  const columns = first.schema.fields.map((field, i) =>
    located(`column "${field.name}"`, () => concatColumns(own.map((batch) => batch.data.children[i]!))),
  )
  return makeBatch(first.schema, columns, rows, first.metadata)
}

/** The rows of a batch in memory of their own, without what the batch's slices leave unused. */
export function copyBatch<T extends TypeMap>(batch: RecordBatch<T>): RecordBatch<T> {
  return concatBatches([batch])
}

/** The values of columns of one type laid end to end in new memory. */
export function concatColumns(parts: readonly Data[]): Data {
  const columns = parts.map(withBuffers)
  const type = columns[0]!.type
  const length = total(columns, (column) => column.length)
  const validity = concatValidity(columns)
  switch (layoutOf(type)) {
    case 'null':
      return makeData({ type: type as never, length })
    case 'fixed':
      return makeData({ type, length, ...validity, data: concatFixed(columns, length) } as never)
    case 'bits':
      return makeData({ type, length, ...validity, data: concatBits(columns, length) } as never)
    case 'bytes':
      return makeData({ type, length, ...validity, ...concatBytes(columns, length) } as never)
    case 'views':
      return makeData({ type, length, ...validity, ...concatViews(columns, length) } as never)
    case 'list': {
      const valueOffsets = concatOffsets(columns, length)
      const child = concatColumns(columns.map((column) => usedItems(column)))
      return makeData({ type, length, ...validity, valueOffsets, child } as never)
    }
    case 'fixed-list': {
      const child = concatColumns(
        columns.map((column) => column.children[0]!.slice(0, column.length * column.stride)),
      )
      return makeData({ type, length, ...validity, child } as never)
    }
    case 'struct': {
      const children = type.children.map((_, i) =>
        concatColumns(columns.map((column) => column.children[i]!)),
      )
      return makeData({ type, length, ...validity, children } as never)
    }
    case 'union':
      return concatUnion(type as Union, columns, length)
    case 'dictionary': {
      const { dictionary, indices } = concatDictionaries(columns, length, concatColumns)
      return makeData({ type, length, ...validity, data: indices, dictionary } as never)
    }
  }
}

function concatFixed(columns: readonly Data[], length: number): Values {
  const { stride } = columns[0]!
  const target = newLike(valuesOf(columns[0]!), length * stride)
  let at = 0
  for (const column of columns) {
    target.set(valuesOf(column).subarray(0, column.length * stride), at)
    at += column.length * stride
  }
  return target
}

function concatBits(columns: readonly Data[], length: number): Uint8Array {
  const target = new Uint8Array(bitmapBytes(length))
  let at = 0
  for (const column of columns) {
    copyBits(column.values as Uint8Array, column.offset, target, at, column.length)
    at += column.length
  }
  return target
}

function concatBytes(columns: readonly Data[], length: number): { valueOffsets: Offsets; data: Uint8Array } {
  const valueOffsets = concatOffsets(columns, length)
  const data = new Uint8Array(total(columns, usedBytes))
  let at = 0
  for (const column of columns) {
    const begin = firstItem(column)
    data.set((column.values as Uint8Array).subarray(begin, begin + usedBytes(column)), at)
    at += usedBytes(column)
  }
  return { valueOffsets, data }
}

/** The offsets of strings or lists, as if their values lay end to end from 0. */
function concatOffsets(columns: readonly Data[], length: number): Offsets {
  if (columns.some((column) => offsetsOf(column) instanceof BigInt64Array))
    return concatLargeOffsets(columns, length)
  if (total(columns, usedBytes) > MAX_INT32) {
    throw new OutOfRangeError(
      `${total(columns, usedBytes)} bytes or items pass the 2147483647 of a 32-bit offset; use smaller batches or a large type`,
    )
  }
  const target = new Int32Array(length + 1)
  let at = 0
  for (const column of columns) {
    const offsets = offsetsOf(column) as Int32Array
    const shift = target[at]! - (offsets[0] ?? 0)
    for (let i = 1; i <= column.length; i++) target[at + i] = offsets[i]! + shift
    at += column.length
  }
  return target
}

function concatLargeOffsets(columns: readonly Data[], length: number): BigInt64Array {
  const target = new BigInt64Array(length + 1)
  let at = 0
  for (const column of columns) {
    const offsets = offsetsOf(column) as BigInt64Array
    const shift = target[at]! - (offsets[0] ?? 0n)
    for (let i = 1; i <= column.length; i++) target[at + i] = offsets[i]! + shift
    at += column.length
  }
  return target
}

function concatUnion(type: Union, columns: readonly Data[], length: number): Data {
  const typeIds = new Int8Array(length)
  let at = 0
  for (const column of columns) {
    typeIds.set((column.typeIds as Int8Array).subarray(0, column.length), at)
    at += column.length
  }
  const children = type.children.map((_, i) => concatColumns(columns.map((column) => column.children[i]!)))
  if (type.mode === UnionMode.Sparse) return makeData({ type, length, typeIds, children } as never)
  const valueOffsets = new Int32Array(length)
  const base = new Int32Array(children.length)
  at = 0
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) {
      const child = type.typeIdToChildIndex[typeIds[at + i]!]!
      valueOffsets[at + i] = (column.valueOffsets as Int32Array)[i]! + base[child]!
    }
    column.children.forEach((child, i) => (base[i]! += child.length))
    at += column.length
  }
  return makeData({ type, length, typeIds, valueOffsets, children } as never)
}

/** Bytes, or items of a list, between the first offset of a column and its last. */
function usedBytes(column: Data): number {
  if (column.length === 0) return 0
  return Number(offsetsOf(column)![column.length]!) - firstItem(column)
}

function usedItems(column: Data): Data {
  return column.children[0]!.slice(firstItem(column), usedBytes(column))
}

function firstItem(column: Data): number {
  return Number(offsetsOf(column)![0] ?? 0)
}

function total(columns: readonly Data[], measure: (column: Data) => number): number {
  return columns.reduce((sum, column) => sum + measure(column), 0)
}

function describe(batch: RecordBatch): string {
  return `(${batch.schema.fields.map((field) => `${field.name}: ${typeName(field.type as DataType)}`).join(', ')})`
}
