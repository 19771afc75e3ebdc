import { Data, Type, UnionMode } from 'apache-arrow'
import type { DataType, Dictionary, Field, Schema, Union } from 'apache-arrow'
import { type TypedArrayConstructor, UINT8_VIEW, viewIndexOf } from './buffer_views.js'

/** How a column lies in a record batch's body. Types that differ only in what their values mean share a kind. */
export const Kind = {
  /** No buffers. */
  Null: 0,
  /** Validity, bits. */
  Bool: 1,
  /** Validity, values of one width. Dictionary indices too. */
  Fixed: 2,
  /** Validity, 32-bit offsets, bytes. */
  Bytes32: 3,
  /** Validity, 64-bit offsets, bytes. */
  Bytes64: 4,
  /** Validity, 16-byte views, and as many further buffers as the batch says. */
  View: 5,
  /** Validity, 32-bit offsets; one child. */
  List32: 6,
  /** Validity, 64-bit offsets; one child. */
  List64: 7,
  /** Validity; one child with `listSize` rows a row. */
  FixedList: 8,
  /** Validity; children of the same length. */
  Struct: 9,
  /** Type ids; children of the same length. */
  SparseUnion: 10,
  /** Type ids, offsets; children of any length. */
  DenseUnion: 11,
} as const

/** Buffers a column of each kind has of its own, without variadic ones. */
const BUFFERS = [0, 2, 2, 3, 3, 2, 2, 2, 1, 1, 1, 2] as const

/** Where one column, nested or not, lies among the nodes and buffers of its record batch. */
export interface ColumnShape {
  readonly kind: number
  readonly type: DataType
  /** Its field node, counted in the order of the message. */
  readonly node: number
  /** Its first buffer, if every view column before it had no variadic buffers. */
  readonly buffer: number
  /** View columns before this one, whose variadic buffers come first. */
  readonly viewsBefore: number
  /** What apache-arrow calls so: of values, array elements a row. */
  readonly stride: number
  /** Bytes a row, and the array type of the values (Fixed). */
  readonly width: number
  readonly arrayType: TypedArrayConstructor
  /** Index of `arrayType` in `BufferViews.typed`. */
  readonly view: number
  readonly listSize: number
  /** Type id of each child (unions). */
  readonly typeIds: Int32Array
  readonly children: readonly ColumnShape[]
  /** What the values (Fixed) index, if the column is dictionary-encoded. */
  readonly dictionary: DictionaryShape | undefined
}

/** The shape of a record batch, or of a dictionary batch, which is a record batch of one column. */
export interface BatchShape {
  readonly columns: readonly ColumnShape[]
  readonly nodeCount: number
  /** Without variadic buffers. */
  readonly bufferCount: number
  readonly viewCount: number
}

export interface DictionaryShape {
  readonly id: number
  /** Position in `SchemaShape.dictionaries`. */
  readonly slot: number
  readonly values: BatchShape
}

export interface SchemaShape extends BatchShape {
  /** A dictionary comes after those that its own values refer to, as stream readers need them. */
  readonly dictionaries: readonly DictionaryShape[]
}

/** The shape of a schema, or undefined if it has a type that is not known here. */
export function shapeOfSchema(schema: Schema): SchemaShape | undefined {
  const dictionaries = new DictionaryTable(schema)
  try {
    const shape = new ShapeBuilder(dictionaries).build(
      schema.fields.map((field: Field) => field.type as DataType),
    )
    return { ...shape, dictionaries: dictionaries.inOrder }
  } catch (error) {
    if (error instanceof UnknownType) return undefined
    throw error
  }
}

class UnknownType extends Error {}

class DictionaryTable {
  readonly inOrder: DictionaryShape[] = []
  readonly #byId = new Map<number, DictionaryShape | 'open'>()
  readonly #schema: Schema

  constructor(schema: Schema) {
    this.#schema = schema
  }

  shapeOf(type: Dictionary): DictionaryShape {
    const known = this.#byId.get(type.id)
    if (known === 'open') throw new TypeError(`dictionary ${type.id} contains itself`)
    if (known !== undefined) return known
    this.#byId.set(type.id, 'open')
    const valueType = (this.#schema.dictionaries.get(type.id) ?? type.dictionary) as DataType
    const values = new ShapeBuilder(this).build([valueType])
    const shape = { id: type.id, slot: this.inOrder.length, values }
    this.inOrder.push(shape)
    this.#byId.set(type.id, shape)
    return shape
  }
}

const NO_TYPE_IDS = new Int32Array(0)

/** Counts nodes and buffers depth first, parents before children: the order of Arrow's messages. */
class ShapeBuilder {
  #nodes = 0
  #buffers = 0
  #views = 0
  readonly #dictionaries: DictionaryTable

  constructor(dictionaries: DictionaryTable) {
    this.#dictionaries = dictionaries
  }

  build(types: readonly DataType[]): BatchShape {
    const columns = types.map((type) => this.#column(type))
    return { columns, nodeCount: this.#nodes, bufferCount: this.#buffers, viewCount: this.#views }
  }

  #column(type: DataType): ColumnShape {
    const kind = kindOf(type)
    const node = this.#nodes++
    const buffer = this.#buffers
    const viewsBefore = this.#views
    this.#buffers += BUFFERS[kind]
    if (kind === Kind.View) this.#views++
    const isDictionary = type.typeId === Type.Dictionary
    const children = isDictionary ? [] : ((type.children as Field[] | null) ?? [])
    return {
      kind,
      type,
      node,
      buffer,
      viewsBefore,
      ...valuesOf(kind, type),
      listSize: kind === Kind.FixedList ? (type as unknown as { listSize: number }).listSize : 0,
      typeIds: kind >= Kind.SparseUnion ? (type as Union).typeIds : NO_TYPE_IDS,
      children: children.map((child) => this.#column(child.type as DataType)),
      dictionary: isDictionary ? this.#dictionaries.shapeOf(type as Dictionary) : undefined,
    }
  }
}

function valuesOf(kind: number, type: DataType) {
  const { stride } = new Data(type, 0, 0)
  if (kind !== Kind.Fixed) return { width: 0, stride, arrayType: Uint8Array, view: UINT8_VIEW }
  const valueType = type.typeId === Type.Dictionary ? ((type as Dictionary).indices as DataType) : type
  const arrayType = valueType.ArrayType as TypedArrayConstructor
  return { width: stride * arrayType.BYTES_PER_ELEMENT, stride, arrayType, view: viewIndexOf(arrayType) }
}

function kindOf(type: DataType): (typeof Kind)[keyof typeof Kind] {
  switch (type.typeId) {
    case Type.Null:
      return Kind.Null
    case Type.Bool:
      return Kind.Bool
    case Type.Int:
    case Type.Float:
    case Type.Decimal:
    case Type.Date:
    case Type.Time:
    case Type.Timestamp:
    case Type.Interval:
    case Type.Duration:
    case Type.FixedSizeBinary:
    case Type.Dictionary:
      return Kind.Fixed
    case Type.Utf8:
    case Type.Binary:
      return Kind.Bytes32
    case Type.LargeUtf8:
    case Type.LargeBinary:
      return Kind.Bytes64
    case Type.Utf8View:
    case Type.BinaryView:
      return Kind.View
    case Type.List:
    case Type.Map:
      return Kind.List32
    case Type.LargeList:
      return Kind.List64
    case Type.FixedSizeList:
      return Kind.FixedList
    case Type.Struct:
      return Kind.Struct
    case Type.Union:
      return (type as Union).mode === UnionMode.Dense ? Kind.DenseUnion : Kind.SparseUnion
    default:
      throw new UnknownType()
  }
}
