import type { Data, Vector } from 'apache-arrow'
import { CorruptError } from '../base/errors.js'
import { BareData } from './bare_data.js'
import { bitmapBytes } from './bitmap.js'
import type { TypedArrayConstructor } from './buffer_views.js'
import type { OffsetsArray, TypedArray } from './column_data.js'
import { type ColumnShape, type DictionaryShape, Kind } from './column_shape.js'
import { Block } from './layout.js'
import { type SlotBytes, type SlotParts, SlotRange } from './slot_parts.js'

const VIEW_BYTES = 16
const NO_BYTES = new Uint8Array(0)
const NO_CHILDREN: readonly Data[] = Object.freeze([])
const NO_BUFFERS: readonly Uint8Array[] = Object.freeze([])

/** Gives the values of a dictionary, the same object every time. */
export interface Dictionaries {
  dictionary(shape: DictionaryShape): Vector
}

/** Makes the columns of one record batch or dictionary batch out of its block of layout words. Nothing is copied. */
export class BlockReader {
  /** The memory of the slot, unless it comes in parts. */
  readonly #buffer: ArrayBuffer | undefined = undefined
  /** Where the slot begins in the buffer. */
  readonly #start: number = 0
  readonly #parts: SlotParts | undefined = undefined
  readonly #words: readonly number[]
  readonly #nodes: number
  readonly #buffers: number
  readonly #variadics: number

  constructor(slot: SlotBytes, words: readonly number[], block: number) {
    if (slot instanceof SlotRange || slot instanceof Uint8Array) {
      this.#buffer = slot.buffer as ArrayBuffer
      this.#start = slot.byteOffset
    } else {
      this.#parts = slot
    }
    this.#words = words
    this.#nodes = block + Block.Numbers
    this.#buffers = this.#nodes + 2 * words[block + Block.Nodes]!
    this.#variadics = this.#buffers + 2 * words[block + Block.Buffers]!
  }

  column(shape: ColumnShape, dictionaries: Dictionaries): Data {
    const length = this.#words[this.#nodes + 2 * shape.node]!
    const { type, kind } = shape
    switch (kind) {
      case Kind.Null:
        return new BareData(
          type,
          1,
          length,
          length,
          undefined,
          undefined,
          undefined,
          undefined,
          NO_CHILDREN,
          undefined,
          NO_BUFFERS,
        )
      case Kind.Fixed: {
        const validity = this.#validity(shape, length)
        const values = this.#array(shape.arrayType, this.#word(shape, 1), length * shape.stride)
        const dictionary = shape.dictionary && dictionaries.dictionary(shape.dictionary)
        return this.#data(shape, length, undefined, values, validity, NO_CHILDREN, dictionary)
      }
      case Kind.Bool: {
        const values = this.#array(Uint8Array, this.#word(shape, 1), bitmapBytes(length))
        return this.#data(shape, length, undefined, values, this.#validity(shape, length))
      }
      case Kind.Bytes32:
      case Kind.Bytes64: {
        const word = this.#word(shape, 2)
        const values = this.#array(Uint8Array, word, this.#words[word + 1]!)
        const offsets = this.#offsets(shape, length, values.length)
        return this.#data(shape, length, offsets, values, this.#validity(shape, length))
      }
      case Kind.View:
        return this.#viewColumn(shape, length)
      case Kind.List32:
      case Kind.List64: {
        const child = this.column(shape.children[0]!, dictionaries)
        const offsets = this.#offsets(shape, length, child.length)
        return this.#data(shape, length, offsets, undefined, this.#validity(shape, length), [child])
      }
      case Kind.FixedList:
      case Kind.Struct: {
        const children = this.#children(shape, dictionaries)
        return this.#data(shape, length, undefined, undefined, this.#validity(shape, length), children)
      }
      default:
        return this.#union(shape, length, dictionaries)
    }
  }

  #data(
    shape: ColumnShape,
    length: number,
    offsets: OffsetsArray | undefined,
    values: TypedArray | undefined,
    validity: Uint8Array,
    children = NO_CHILDREN,
    dictionary?: Vector,
    variadicBuffers = NO_BUFFERS,
  ): Data {
    // A writer may leave the count open: apache-arrow then counts on first use.
    const nulls = validity.length === 0 ? 0 : this.#words[this.#nodes + 2 * shape.node + 1]!
    const { type, stride } = shape
    return new BareData(
      type,
      stride,
      length,
      nulls,
      validity,
      values,
      offsets,
      undefined,
      children,
      dictionary,
      variadicBuffers,
    )
  }

  #children(shape: ColumnShape, dictionaries: Dictionaries): Data[] {
    return shape.children.map((child) => this.column(child, dictionaries))
  }

  #viewColumn(shape: ColumnShape, length: number): Data {
    const word = this.#word(shape, 1)
    const views = this.#array(Uint8Array, word, length * VIEW_BYTES)
    const count = this.#words[this.#variadics + shape.viewsBefore]!
    const long: Uint8Array[] = []
    for (let i = 0, next = word + 2; i < count; i++, next += 2) {
      long.push(this.#array(Uint8Array, next, this.#words[next + 1]!) as Uint8Array)
    }
    return this.#data(
      shape,
      length,
      undefined,
      views,
      this.#validity(shape, length),
      NO_CHILDREN,
      undefined,
      long,
    )
  }

  #union(shape: ColumnShape, length: number, dictionaries: Dictionaries): Data {
    const typeIds = this.#array(Int8Array, this.#word(shape, 0), length) as Int8Array
    const dense = shape.kind === Kind.DenseUnion
    const offsets = dense ? (this.#array(Int32Array, this.#word(shape, 1), length) as Int32Array) : undefined
    const children = this.#children(shape, dictionaries)
    return new BareData(
      shape.type,
      1,
      length,
      0,
      undefined,
      undefined,
      offsets,
      typeIds,
      children,
      undefined,
      NO_BUFFERS,
    )
  }

  /** The words of the column's own buffer with this index: position in the slot, then length. */
  #word(shape: ColumnShape, index: number): number {
    let buffer = shape.buffer + index
    for (let i = 0; i < shape.viewsBefore; i++) buffer += this.#words[this.#variadics + i]!
    return this.#buffers + 2 * buffer
  }

  #array(ArrayType: TypedArrayConstructor, word: number, count: number): TypedArray {
    if (count === 0) return new ArrayType(0)
    const length = count * ArrayType.BYTES_PER_ELEMENT
    const part = this.#parts?.part(this.#words[word]!, length)
    const buffer = (part?.buffer ?? this.#buffer) as ArrayBuffer
    const start = part?.byteOffset ?? this.#start + this.#words[word]!
    if (start % 8 === 0 || start % ArrayType.BYTES_PER_ELEMENT === 0)
      return new ArrayType(buffer, start, count)
    // No writer of ours does this: a buffer that no array type can lie over is copied.
    const bytes = new Uint8Array(buffer, start, length)
    return new ArrayType(Uint8Array.from(bytes).buffer, 0, count)
  }

  #validity(shape: ColumnShape, length: number): Uint8Array {
    if (this.#words[this.#nodes + 2 * shape.node + 1] === 0) return NO_BYTES
    const word = this.#word(shape, 0)
    if (this.#words[word + 1] === 0) return NO_BYTES
    return this.#array(Uint8Array, word, bitmapBytes(length)) as Uint8Array
  }

  /** Offsets whose ends lie within the values. Those between are read with bounds checks anyway. */
  #offsets(shape: ColumnShape, length: number, limit: number): OffsetsArray {
    const ArrayType = shape.kind === Kind.Bytes32 || shape.kind === Kind.List32 ? Int32Array : BigInt64Array
    const word = this.#word(shape, 1)
    // Without rows, writers may leave out the one offset.
    const empty = length === 0 && this.#words[word + 1]! < ArrayType.BYTES_PER_ELEMENT
    const offsets = this.#array(ArrayType, word, empty ? 0 : length + 1) as OffsetsArray
    if (!empty) checkEnds(Number(offsets[0]), Number(offsets[length]), limit)
    return offsets
  }
}

function checkEnds(first: number, last: number, limit: number): void {
  if (first >= 0 && first <= last && last <= limit) return
  throw new CorruptError(`the offsets of a column go from ${first} to ${last}, and there are ${limit} values`)
}
