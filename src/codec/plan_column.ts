import { bitmapBytes, countSetBits } from './bitmap.js'
import {
  type BodyBuffer,
  BitsBuffer,
  bytesBuffer,
  ElementsBuffer,
  NO_BUFFER,
  offsetsBuffer,
  ZeroBuffer,
} from './body_buffer.js'
import type { BodyPlan } from './body_plan.js'
import { INT32_VIEW, INT8_VIEW } from './buffer_views.js'
import type { ColumnData, OffsetsArray, TypedArray } from './column_data.js'
import { type ColumnShape, Kind } from './column_shape.js'
import { planMissingColumn } from './plan_missing_column.js'
import { compactViews, VIEW_BYTES } from './compact_views.js'
import { rebaseDenseUnion } from './rebase_dense_union.js'

/** Adds the nodes and buffers of the rows [from, from + rows) of a column to a plan. Nothing is copied. */
export function planColumn(
  plan: BodyPlan,
  shape: ColumnShape,
  column: ColumnData | undefined,
  from: number,
  rows: number,
): void {
  if (column === undefined) return planMissingColumn(plan, shape, rows)
  // Rows that a shorter child does not have are null.
  const data = column.length < from + rows ? column._changeLengthAndBackfillNullBitmap(from + rows) : column
  switch (shape.kind) {
    case Kind.Null:
      return plan.addNode(rows, rows)
    case Kind.Fixed:
      planValidity(plan, data, from, rows)
      plan.addBuffer(valuesBuffer(shape, data.values, from, rows))
      if (shape.dictionary !== undefined) plan.useDictionary(shape.dictionary, data.dictionary)
      return
    case Kind.Bool:
      planValidity(plan, data, from, rows)
      return plan.addBuffer(bits(data.values as Uint8Array | undefined, data.offset + from, rows))
    case Kind.Bytes32:
    case Kind.Bytes64: {
      planValidity(plan, data, from, rows)
      const [begin, end] = planOffsets(plan, shape, data.valueOffsets, from, rows)
      const bytes = data.values as Uint8Array | undefined
      return plan.addBuffer(bytes ? bytesBuffer(bytes, begin, end - begin) : new ZeroBuffer(end - begin))
    }
    case Kind.View:
      planValidity(plan, data, from, rows)
      return planViews(plan, data, from, rows)
    case Kind.List32:
    case Kind.List64: {
      planValidity(plan, data, from, rows)
      const [begin, end] = planOffsets(plan, shape, data.valueOffsets, from, rows)
      return planColumn(plan, shape.children[0]!, data.children[0], begin, end - begin)
    }
    case Kind.FixedList: {
      planValidity(plan, data, from, rows)
      const size = shape.listSize
      return planColumn(plan, shape.children[0]!, data.children[0], from * size, rows * size)
    }
    case Kind.Struct:
      planValidity(plan, data, from, rows)
      return planChildren(plan, shape, data, from, rows)
    case Kind.SparseUnion:
      plan.addNode(rows, 0)
      plan.addBuffer(typeIdsBuffer(data, from, rows))
      return planChildren(plan, shape, data, from, rows)
    default:
      return planDenseUnion(plan, shape, data, from, rows)
  }
}

/** Adds the node, and the validity bitmap unless no row is null. */
function planValidity(plan: BodyPlan, data: ColumnData, from: number, rows: number): void {
  const nulls = nullsIn(data, from, rows)
  plan.addNode(rows, nulls)
  if (nulls === 0) plan.addNothing()
  else plan.addBuffer(new BitsBuffer(data.nullBitmap!, data.offset + from, rows))
}

function nullsIn(data: ColumnData, from: number, rows: number): number {
  const bitmap = data.nullBitmap
  if (!bitmap || bitmap.length === 0 || rows === 0) return 0
  const nulls = data.nullCount
  if (nulls <= 0) return 0
  if (rows === data.length) return nulls
  if (nulls >= data.length) return rows
  return rows - countSetBits(bitmap, data.offset + from, rows)
}

/** The values of rows, converted first in the odd case that they are held in another kind of array. */
function valuesBuffer(
  shape: ColumnShape,
  values: TypedArray | null | undefined,
  from: number,
  rows: number,
): BodyBuffer {
  const byteLength = rows * shape.width
  if (byteLength === 0) return NO_BUFFER
  if (!values) return new ZeroBuffer(byteLength)
  const { stride, arrayType } = shape
  const source = values.constructor === arrayType ? values : toArray(shape, values)
  const count = Math.max(0, Math.min(rows * stride, source.length - from * stride))
  return new ElementsBuffer(byteLength, source, from * stride, count, shape.view)
}

function toArray({ arrayType }: ColumnShape, values: TypedArray): TypedArray {
  // A Buffer is a Uint8Array to JavaScript, and another class.
  if (values instanceof arrayType) return values
  return (arrayType as { from(values: unknown): TypedArray }).from(values)
}

function bits(bitmap: Uint8Array | undefined, from: number, rows: number): BodyBuffer {
  if (rows === 0) return NO_BUFFER
  return bitmap ? new BitsBuffer(bitmap, from, rows) : new ZeroBuffer(bitmapBytes(rows))
}

/** Adds the offsets, moved to start at 0, and returns what range of the child or of the bytes they span. */
function planOffsets(
  plan: BodyPlan,
  shape: ColumnShape,
  offsets: OffsetsArray | null | undefined,
  from: number,
  rows: number,
): [begin: number, end: number] {
  if (!offsets || offsets.length <= from) {
    const large = shape.kind === Kind.Bytes64 || shape.kind === Kind.List64
    plan.addBuffer(new ZeroBuffer((rows + 1) * (large ? 8 : 4)))
    return [0, 0]
  }
  let known = Math.min(rows + 1, offsets.length - from)
  if (known > 1 && offsets[from + known - 1]! <= offsets[from]!) known = risingOffsets(offsets, from, known)
  plan.addBuffer(offsetsBuffer(offsets, from, known, rows))
  return [Number(offsets[from]), Number(offsets[from + known - 1])]
}

/**
 * How many offsets rise. Where apache-arrow lengthens a column with nulls, it takes what lies past the end of the offsets for
 * more offsets, and that is zeros.
 */
function risingOffsets(offsets: OffsetsArray, from: number, known: number): number {
  let rising = 1
  while (rising < known && offsets[from + rising]! >= offsets[from + rising - 1]!) rising++
  return rising
}

function planViews(plan: BodyPlan, data: ColumnData, from: number, rows: number): void {
  const source = data.values as Uint8Array | undefined
  if (!source || rows === 0) {
    plan.addBuffer(new ZeroBuffer(rows * VIEW_BYTES))
    plan.variadicCounts.push(0)
    return
  }
  const compact = compactViews(data, from, rows)
  const views = compact?.views ?? source
  const long = compact?.buffers ?? data.variadicBuffers ?? []
  plan.addBuffer(bytesBuffer(views, compact ? 0 : from * VIEW_BYTES, rows * VIEW_BYTES))
  for (const buffer of long) plan.addBuffer(bytesBuffer(buffer, 0, buffer.length))
  plan.variadicCounts.push(long.length)
}

function planChildren(
  plan: BodyPlan,
  shape: ColumnShape,
  data: ColumnData,
  from: number,
  rows: number,
): void {
  const { children } = shape
  for (let i = 0; i < children.length; i++) planColumn(plan, children[i]!, data.children[i], from, rows)
}

function typeIdsBuffer(data: ColumnData, from: number, rows: number): BodyBuffer {
  if (rows === 0) return NO_BUFFER
  const ids = data.typeIds
  if (!ids) return new ZeroBuffer(rows)
  return new ElementsBuffer(rows, ids, from, Math.max(0, Math.min(rows, ids.length - from)), INT8_VIEW)
}

function planDenseUnion(
  plan: BodyPlan,
  shape: ColumnShape,
  data: ColumnData,
  from: number,
  rows: number,
): void {
  plan.addNode(rows, 0)
  plan.addBuffer(typeIdsBuffer(data, from, rows))
  const { offsets, begins, lengths } = rebaseDenseUnion(shape, data, from, rows)
  plan.addBuffer(rows === 0 ? NO_BUFFER : new ElementsBuffer(rows * 4, offsets, 0, rows, INT32_VIEW))
  const { children } = shape
  for (let i = 0; i < children.length; i++) {
    planColumn(plan, children[i]!, data.children[i], begins[i]!, lengths[i]!)
  }
}
