import { bitmapBytes } from './bitmap.js'
import { bytesBuffer, ElementsBuffer, NO_BUFFER, ZeroBuffer } from './body_buffer.js'
import type { BodyPlan } from './body_plan.js'
import { INT32_VIEW } from './buffer_views.js'
import { type ColumnShape, Kind } from './column_shape.js'

/** Adds `rows` nulls for a child that its parent does not have, as a Struct or List made without children. */
export function planMissingColumn(plan: BodyPlan, shape: ColumnShape, rows: number): void {
  const { kind, children } = shape
  if (kind >= Kind.SparseUnion) return planMissingUnion(plan, shape, rows)
  plan.addNode(rows, rows)
  if (kind === Kind.Null) return
  plan.addBuffer(new ZeroBuffer(bitmapBytes(rows)))
  switch (kind) {
    case Kind.Bool:
      return plan.addBuffer(new ZeroBuffer(bitmapBytes(rows)))
    case Kind.Fixed:
      return plan.addBuffer(new ZeroBuffer(rows * shape.width))
    case Kind.View:
      plan.variadicCounts.push(0)
      return plan.addBuffer(new ZeroBuffer(rows * 16))
    case Kind.Bytes32:
    case Kind.Bytes64:
      plan.addBuffer(new ZeroBuffer((rows + 1) * (kind === Kind.Bytes64 ? 8 : 4)))
      return plan.addBuffer(NO_BUFFER)
    case Kind.List32:
    case Kind.List64:
      plan.addBuffer(new ZeroBuffer((rows + 1) * (kind === Kind.List64 ? 8 : 4)))
      return planMissingColumn(plan, children[0]!, 0)
    case Kind.FixedList:
      return planMissingColumn(plan, children[0]!, rows * shape.listSize)
    default:
      for (const child of children) planMissingColumn(plan, child, rows)
  }
}

/** A union has no validity: every row is a null of its first child. */
function planMissingUnion(plan: BodyPlan, shape: ColumnShape, rows: number): void {
  plan.addNode(rows, 0)
  plan.addBuffer(bytesBuffer(new Uint8Array(rows).fill(shape.typeIds[0] ?? 0), 0, rows))
  const dense = shape.kind === Kind.DenseUnion
  if (dense) {
    const offsets = Int32Array.from({ length: rows }, (_, row) => row)
    plan.addBuffer(new ElementsBuffer(rows * 4, offsets, 0, rows, INT32_VIEW))
  }
  shape.children.forEach((child, i) => planMissingColumn(plan, child, dense && i > 0 ? 0 : rows))
}
