import * as arrow from 'apache-arrow'
import type { Random } from './random.js'
import { type FieldSpec, LEAF_TYPES, type LeafName, type TypeSpec } from './type_specs.js'

const WORDS = [
  '',
  'a',
  'Wien',
  'größer',
  '日本語のテキスト',
  'a string that is longer than twelve bytes',
  '🦀',
  '\0',
]
const DICTIONARY_ROWS = 12
const DAY_MS = 86_400_000

/** Values of types that are read as numbers or have a range. */
const DRAWS = new Map<arrow.Type, (random: Random) => number>([
  [arrow.Type.Date, (random) => (random.below(2000) - 1000) * DAY_MS],
  [arrow.Type.Time, (random) => random.below(86_400)],
  [arrow.Type.Timestamp, (random) => random.uint32() - 0x8000_0000],
  [arrow.Type.Duration, (random) => random.uint32() - 0x8000_0000],
])

/** A type with a way to make columns of it. */
export interface Column {
  readonly type: arrow.DataType
  make(rows: number, nullable: boolean): arrow.Data
}

type Props = Parameters<typeof arrow.makeData>[0]

/** Makes columns of random values out of specs; what lies under a null is random too. */
export class ColumnBuilder {
  readonly #random: Random
  /** Dictionaries by what they are shared under. */
  readonly #dictionaries = new Map<
    string,
    { readonly values: Column; readonly vector: arrow.Vector; readonly id: number }
  >()

  constructor(random: Random) {
    this.#random = random
  }

  field(spec: FieldSpec): { field: arrow.Field; make: (rows: number) => arrow.Data } {
    const column = this.column(spec.type)
    const metadata = new Map(spec.metadata)
    const field = new arrow.Field(spec.name, column.type, spec.nullable, metadata)
    return { field, make: (rows) => column.make(rows, spec.nullable) }
  }

  column(spec: TypeSpec): Column {
    switch (spec.kind) {
      case 'leaf':
        return this.#leaf(spec.name)
      case 'list':
        return this.#list(spec.item, (item) => new arrow.List(item), Int32Array)
      case 'largeList':
        return this.#list(spec.item, (item) => new arrow.LargeList(item), BigInt64Array)
      case 'fixedSizeList': {
        const { field, make } = this.field(spec.item)
        const type = new arrow.FixedSizeList(spec.size, field)
        return this.#of(type, (rows) => ({ child: make(rows * spec.size) }))
      }
      case 'map': {
        const entries = this.field({
          name: 'entries',
          nullable: false,
          metadata: [],
          type: {
            kind: 'struct',
            fields: [
              { name: 'key', nullable: false, metadata: [], type: spec.key },
              { ...spec.value, name: 'value' },
            ],
          },
        })
        const type = new arrow.Map_(entries.field as never, this.#random.chance(0.5))
        return this.#of(type, (rows) => this.#items(rows, entries.make, Int32Array))
      }
      case 'struct': {
        const children = spec.fields.map((child) => this.field(child))
        const type = new arrow.Struct(children.map(({ field }) => field))
        return this.#of(type, (rows) => ({ children: children.map(({ make }) => make(rows)) }))
      }
      case 'sparseUnion':
      case 'denseUnion':
        return this.#union(spec)
      case 'dictionary':
        return this.#dictionary(spec)
    }
  }

  /** A column whose validity is random if it may be null. */
  #of(type: arrow.DataType, buffers: (rows: number) => object): Column {
    return {
      type,
      make: (rows, nullable) => {
        const nullBitmap = nullable ? this.#bitmap(rows) : undefined
        return arrow.makeData({
          type,
          length: rows,
          ...(nullBitmap && { nullBitmap }),
          ...buffers(rows),
        } as Props)
      },
    }
  }

  /** Mostly valid, all null, all valid but with a bitmap, or no bitmap at all. */
  #bitmap(rows: number): Uint8Array | undefined {
    const random = this.#random
    const bytes = Math.ceil(rows / 8)
    switch (random.below(4)) {
      case 0:
        return undefined
      case 1:
        return new Uint8Array(bytes).fill(random.chance(0.5) ? 0xff : 0)
      default:
        return Uint8Array.from(random.bytes(bytes), (byte) => byte | random.uint32())
    }
  }

  #leaf(name: LeafName): Column {
    const type = LEAF_TYPES[name]() as arrow.DataType
    switch (type.typeId) {
      case arrow.Type.Null:
        return this.#of(type, () => ({ nullBitmap: undefined }))
      case arrow.Type.Bool:
        return this.#of(type, (rows) => ({ data: this.#random.bytes(Math.ceil(rows / 8)) }))
      case arrow.Type.Utf8:
      case arrow.Type.Binary:
        return this.#of(type, (rows) => this.#bytes(rows, Int32Array))
      case arrow.Type.LargeUtf8:
      case arrow.Type.LargeBinary:
        return this.#of(type, (rows) => this.#bytes(rows, BigInt64Array))
      case arrow.Type.Utf8View:
      case arrow.Type.BinaryView:
        return this.#of(type, (rows) => this.#views(rows))
      default:
        return this.#of(type, (rows) => ({ data: this.#values(type, rows) }))
    }
  }

  /** Any bits, but for types that have values they do not allow. */
  #values(type: arrow.DataType, rows: number): ArrayBufferView {
    const random = this.#random
    const ArrayType = type.ArrayType as BigInt64ArrayConstructor
    const elements = rows * new arrow.Data(type, 0, 0).stride
    const draw = DRAWS.get(type.typeId)
    if (type.typeId === arrow.Type.Decimal) return this.#decimals(elements, elements / rows)
    if (draw === undefined) return new ArrayType(random.bytes(elements * ArrayType.BYTES_PER_ELEMENT).buffer)
    const numbers = Array.from({ length: elements }, () => draw(random))
    return ArrayType.BYTES_PER_ELEMENT === 8
      ? ArrayType.from(numbers, BigInt)
      : (ArrayType as unknown as Int32ArrayConstructor).from(numbers)
  }

  /** Up to nine digits, of both signs. */
  #decimals(elements: number, stride: number): Uint32Array {
    const words = new Uint32Array(elements)
    for (let i = 0; i < elements; i += stride) {
      words[i] = this.#random.below(1_000_000_000)
      if (!this.#random.chance(0.5)) continue
      words[i] = -words[i]!
      words.fill(0xffff_ffff, i + 1, i + stride)
    }
    return words
  }

  /** Offsets that need not start at 0, over bytes that need not end with the last value. */
  #bytes(rows: number, OffsetsType: Int32ArrayConstructor | BigInt64ArrayConstructor) {
    const words = Array.from({ length: rows }, () => Buffer.from(this.#random.pick(WORDS)))
    const before = this.#random.below(4)
    const data = Buffer.concat([
      Buffer.alloc(before, 'x'),
      ...words,
      Buffer.alloc(this.#random.below(4), 'y'),
    ])
    const valueOffsets = offsetsOf(
      words.map((word) => word.length),
      before,
      OffsetsType,
    )
    return { valueOffsets, data: Uint8Array.from(data) }
  }

  #views(rows: number) {
    const long = [0, 1].map(() => Buffer.concat([...WORDS, ...WORDS].map((word) => Buffer.from(word))))
    const views = new Uint8Array(rows * 16)
    const view = new DataView(views.buffer)
    for (let row = 0; row < rows; row++) {
      const word = Buffer.from(this.#random.pick(WORDS))
      view.setInt32(row * 16, word.length, true)
      if (word.length <= 12) {
        views.set(word, row * 16 + 4)
        continue
      }
      const index = this.#random.below(2)
      views.set(word.subarray(0, 4), row * 16 + 4)
      view.setInt32(row * 16 + 8, index, true)
      view.setInt32(row * 16 + 12, long[index]!.indexOf(word), true)
    }
    return { views, variadicBuffers: long.map((buffer) => Uint8Array.from(buffer)) }
  }

  #list(
    item: FieldSpec,
    typeOf: (item: arrow.Field) => arrow.DataType,
    OffsetsType: Int32ArrayConstructor | BigInt64ArrayConstructor,
  ): Column {
    const { field, make } = this.field(item)
    return this.#of(typeOf(field), (rows) => this.#items(rows, make, OffsetsType))
  }

  #items(
    rows: number,
    make: (rows: number) => arrow.Data,
    OffsetsType: Int32ArrayConstructor | BigInt64ArrayConstructor,
  ) {
    const lengths = Array.from({ length: rows }, () => this.#random.below(4))
    const before = this.#random.below(3)
    const items = before + lengths.reduce((sum, length) => sum + length, 0) + this.#random.below(3)
    return { valueOffsets: offsetsOf(lengths, before, OffsetsType), child: make(items) }
  }

  #union(spec: Extract<TypeSpec, { ids: readonly number[] }>): Column {
    const children = spec.fields.map((child) => this.field(child))
    const ids = spec.ids.slice(0, children.length)
    const fields = children.map(({ field }) => field)
    const dense = spec.kind === 'denseUnion'
    const mode = dense ? arrow.UnionMode.Dense : arrow.UnionMode.Sparse
    const type = new arrow.Union(mode, ids, fields)
    const make = (rows: number): arrow.Data => {
      const chosen = Array.from({ length: rows }, () => this.#random.below(children.length))
      const typeIds = Int8Array.from(chosen, (child) => ids[child]!)
      if (!dense)
        return arrow.makeData({
          type,
          length: rows,
          typeIds,
          children: children.map((c) => c.make(rows)),
        } as Props)
      const used = children.map(() => this.#random.below(2))
      const valueOffsets = Int32Array.from(chosen, (child) => used[child]!++)
      const parts = children.map((child, i) => child.make(used[i]! + this.#random.below(2)))
      return arrow.makeData({ type, length: rows, typeIds, valueOffsets, children: parts } as Props)
    }
    return { type, make }
  }

  #dictionary(spec: Extract<TypeSpec, { kind: 'dictionary' }>): Column {
    const { share, index, ordered, values: valueSpec } = spec
    const key = `${share}${JSON.stringify(valueSpec)}`
    let dictionary = this.#dictionaries.get(key)
    if (dictionary === undefined) {
      const values = this.column(valueSpec)
      const chunk = values.make(1 + this.#random.below(DICTIONARY_ROWS), true)
      const { id } = new arrow.Dictionary(values.type, new arrow.Int32())
      dictionary = { values, vector: new arrow.Vector([chunk]), id }
      this.#dictionaries.set(key, dictionary)
    }
    const { values, vector, id } = dictionary
    const indices = LEAF_TYPES[index]()
    const type = new arrow.Dictionary(values.type, indices, id, ordered)
    const ArrayType = indices.ArrayType as Int32ArrayConstructor
    return this.#of(type, (rows) => ({
      data: ArrayType.from({ length: rows }, () => this.#random.below(vector.length)),
      dictionary: vector,
    }))
  }
}

function offsetsOf(
  lengths: readonly number[],
  before: number,
  OffsetsType: Int32ArrayConstructor | BigInt64ArrayConstructor,
) {
  const offsets = [before]
  for (const length of lengths) offsets.push(offsets.at(-1)! + length)
  return OffsetsType === BigInt64Array ? BigInt64Array.from(offsets, BigInt) : Int32Array.from(offsets)
}
