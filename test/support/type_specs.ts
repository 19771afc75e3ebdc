import * as arrow from 'apache-arrow'
import fc from 'fast-check'

/** The types without children, by the name that a failing test shows. */
export const LEAF_TYPES = {
  null: () => new arrow.Null(),
  bool: () => new arrow.Bool(),
  int8: () => new arrow.Int8(),
  int16: () => new arrow.Int16(),
  int32: () => new arrow.Int32(),
  int64: () => new arrow.Int64(),
  uint8: () => new arrow.Uint8(),
  uint16: () => new arrow.Uint16(),
  uint32: () => new arrow.Uint32(),
  uint64: () => new arrow.Uint64(),
  float16: () => new arrow.Float16(),
  float32: () => new arrow.Float32(),
  float64: () => new arrow.Float64(),
  decimal32: () => new arrow.Decimal(2, 9, 32),
  decimal64: () => new arrow.Decimal(4, 18, 64),
  decimal128: () => new arrow.Decimal(3, 38, 128),
  decimal256: () => new arrow.Decimal(10, 76, 256),
  dateDay: () => new arrow.DateDay(),
  dateMillisecond: () => new arrow.DateMillisecond(),
  timeSecond: () => new arrow.TimeSecond(),
  timeMillisecond: () => new arrow.TimeMillisecond(),
  timeMicrosecond: () => new arrow.TimeMicrosecond(),
  timeNanosecond: () => new arrow.TimeNanosecond(),
  timestampSecond: () => new arrow.TimestampSecond(),
  timestampMillisecond: () => new arrow.TimestampMillisecond('Europe/Vienna'),
  timestampMicrosecond: () => new arrow.TimestampMicrosecond('UTC'),
  timestampNanosecond: () => new arrow.TimestampNanosecond(),
  durationSecond: () => new arrow.DurationSecond(),
  durationMillisecond: () => new arrow.DurationMillisecond(),
  durationMicrosecond: () => new arrow.DurationMicrosecond(),
  durationNanosecond: () => new arrow.DurationNanosecond(),
  intervalYearMonth: () => new arrow.IntervalYearMonth(),
  intervalDayTime: () => new arrow.IntervalDayTime(),
  intervalMonthDayNano: () => new arrow.IntervalMonthDayNano(),
  fixedSizeBinary1: () => new arrow.FixedSizeBinary(1),
  fixedSizeBinary16: () => new arrow.FixedSizeBinary(16),
  utf8: () => new arrow.Utf8(),
  largeUtf8: () => new arrow.LargeUtf8(),
  utf8View: () => new arrow.Utf8View(),
  binary: () => new arrow.Binary(),
  largeBinary: () => new arrow.LargeBinary(),
  binaryView: () => new arrow.BinaryView(),
} as const

export type LeafName = keyof typeof LEAF_TYPES
export const LEAF_NAMES = Object.keys(LEAF_TYPES) as LeafName[]

/** A type as plain data, which fast-check can shrink and print. */
export type TypeSpec =
  | { readonly kind: 'leaf'; readonly name: LeafName }
  | { readonly kind: 'list' | 'largeList'; readonly item: FieldSpec }
  | { readonly kind: 'fixedSizeList'; readonly size: number; readonly item: FieldSpec }
  | { readonly kind: 'map'; readonly key: TypeSpec; readonly value: FieldSpec }
  | { readonly kind: 'struct'; readonly fields: readonly FieldSpec[] }
  | {
      readonly kind: 'sparseUnion' | 'denseUnion'
      readonly ids: readonly number[]
      readonly fields: readonly FieldSpec[]
    }
  | {
      readonly kind: 'dictionary'
      /** Columns with the same number and equal values share a dictionary. */
      readonly share: number
      readonly index: 'int8' | 'int16' | 'int32' | 'uint8' | 'uint16' | 'uint32'
      readonly ordered: boolean
      readonly values: TypeSpec
    }

export interface FieldSpec {
  readonly name: string
  readonly nullable: boolean
  readonly metadata: readonly (readonly [string, string])[]
  readonly type: TypeSpec
}

const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'price', 'größe', '') },
  fc.string({ unit: 'grapheme', maxLength: 8 }),
)

export const metadata = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  fc.uniqueArray(fc.tuple(fc.string({ maxLength: 5 }), fc.string({ maxLength: 9 })), {
    maxLength: 3,
    selector: ([key]) => key,
  }),
)

const leaf = fc.record({ kind: fc.constant('leaf' as const), name: fc.constantFrom(...LEAF_NAMES) })

function fieldOf(type: fc.Arbitrary<TypeSpec>): fc.Arbitrary<FieldSpec> {
  return fc.record({ name, nullable: fc.boolean(), metadata, type })
}

const unionIds = fc.constantFrom([0, 1, 2], [5, 3, 9], [126, 0, 64])

/** A key of a map must be comparable and not null; any leaf but null and views, which apache-arrow cannot nest there. */
const key = leaf.filter(({ name }) => name !== 'null')

function typeOf(depth: number): fc.Arbitrary<TypeSpec> {
  if (depth === 0) return leaf
  const child = fieldOf(typeOf(depth - 1))
  const children = fc.array(child, { minLength: 1, maxLength: 3 })
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    fc.record({ kind: fc.constantFrom('list' as const, 'largeList' as const), item: child }),
    fc.record({
      kind: fc.constant('fixedSizeList' as const),
      size: fc.integer({ min: 0, max: 3 }),
      item: child,
    }),
    fc.record({ kind: fc.constant('map' as const), key, value: child }),
    fc.record({ kind: fc.constant('struct' as const), fields: fc.array(child, { maxLength: 3 }) }),
    fc.record({
      kind: fc.constantFrom('sparseUnion' as const, 'denseUnion' as const),
      ids: unionIds,
      fields: children,
    }),
    fc.record({
      kind: fc.constant('dictionary' as const),
      share: fc.integer({ min: 0, max: 2 }),
      index: fc.constantFrom(
        'int8' as const,
        'int16' as const,
        'int32' as const,
        'uint8' as const,
        'uint16' as const,
        'uint32' as const,
      ),
      ordered: fc.boolean(),
      // Arrow has no dictionary whose values are themselves indices.
      values: typeOf(depth - 1).filter(({ kind }) => kind !== 'dictionary'),
    }),
  )
}

/** Any column that apache-arrow can carry, nested up to `depth` deep. */
export function fieldSpec(depth = 2): fc.Arbitrary<FieldSpec> {
  return fieldOf(typeOf(depth))
}

/**
 * Whether apache-arrow's own writer gets slices of this type right. It shifts views twice, and mistakes which rows of a
 * dense union's children belong to a slice; and it slices the items of every list.
 */
export function isSliceable(spec: TypeSpec): boolean {
  switch (spec.kind) {
    case 'leaf':
      return spec.name !== 'utf8View' && spec.name !== 'binaryView'
    case 'list':
    case 'largeList':
    case 'fixedSizeList':
      return isSliceable(spec.item.type)
    case 'map':
      return isSliceable(spec.key) && isSliceable(spec.value.type)
    case 'denseUnion':
      return false
    case 'struct':
    case 'sparseUnion':
      return spec.fields.every(({ type }) => isSliceable(type))
    case 'dictionary':
      return true
  }
}

/** Whether apache-arrow's own writer gets a column of this type right, as long as the column is not a slice. */
export function isWritable(spec: TypeSpec): boolean {
  switch (spec.kind) {
    case 'leaf':
      return true
    case 'list':
    case 'largeList':
      return isSliceable(spec.item.type) && isWritable(spec.item.type)
    case 'fixedSizeList':
      return isWritable(spec.item.type)
    case 'map':
      return isSliceable(spec.key) && isSliceable(spec.value.type) && isWritable(spec.value.type)
    case 'struct':
    case 'sparseUnion':
    case 'denseUnion':
      return spec.fields.every(({ type }) => isWritable(type))
    case 'dictionary':
      return isWritable(spec.values)
  }
}
