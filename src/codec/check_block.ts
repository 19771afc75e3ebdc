import { CorruptError } from '../base/errors.js'
import { bitmapBytes } from './bitmap.js'
import { type BatchShape, type ColumnShape, Kind } from './column_shape.js'
import { Block } from './layout.js'

/**
 * Checks that a block of layout words fits its schema: as many nodes and buffers, and buffers that are as long as the
 * rows need. That they lie inside the slot was checked by the verifier that made the words.
 *
 * @param what names the block in errors: 'the batch' or 'dictionary 3'
 * @throws CorruptError
 */
export function checkBlock(
  shape: BatchShape,
  words: readonly number[],
  block: number,
  what: () => string,
): void {
  const problem = new BlockCheck(words, block).problemWith(shape)
  if (problem !== undefined) throw new CorruptError(`${what()} does not fit its schema: ${problem}`)
}

class BlockCheck {
  readonly #words: readonly number[]
  readonly #block: number
  readonly #nodes: number
  readonly #buffers: number
  /** Next buffer to look at, as columns are checked in the order of the message. */
  #next = 0
  #view = 0

  constructor(words: readonly number[], block: number) {
    this.#words = words
    this.#block = block
    this.#nodes = block + Block.Numbers
    this.#buffers = this.#nodes + 2 * words[block + Block.Nodes]!
  }

  problemWith(shape: BatchShape): string | undefined {
    const words = this.#words
    const nodes = words[this.#block + Block.Nodes]!
    const buffers = words[this.#block + Block.Buffers]!
    const variadics = words[this.#block + Block.Variadics]!
    if (nodes !== shape.nodeCount) return `it has ${nodes} columns and children instead of ${shape.nodeCount}`
    if (variadics !== shape.viewCount)
      return `it has ${variadics} variadic counts instead of ${shape.viewCount}`
    let expected = shape.bufferCount
    for (let i = 0; i < variadics; i++) expected += words[this.#buffers + 2 * buffers + i]!
    if (buffers !== expected) return `it has ${buffers} buffers instead of ${expected}`
    const rows = words[this.#block + Block.Rows]!
    for (const column of shape.columns) {
      const length = words[this.#nodes + 2 * column.node]!
      if (length !== rows) return `a column has ${length} rows, and the batch has ${rows}`
      const problem = this.#column(column, rows)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  #column(shape: ColumnShape, atLeast: number): string | undefined {
    const length = this.#words[this.#nodes + 2 * shape.node]!
    if (length < atLeast) return `a child has ${length} rows and its parent needs ${atLeast}`
    const { kind } = shape
    if (kind === Kind.Null) return undefined
    if (kind < Kind.SparseUnion) {
      const nulls = this.#words[this.#nodes + 2 * shape.node + 1]!
      const bytes = this.#nextLength()
      if (nulls > length) return `a column of ${length} rows has ${nulls} nulls`
      if (nulls > 0 ? bytes < bitmapBytes(length) : nulls < 0 && bytes > 0 && bytes < bitmapBytes(length)) {
        return short('validity bitmap', bytes, bitmapBytes(length))
      }
    }
    switch (kind) {
      case Kind.Fixed:
        return this.#buffer('values', length * shape.width)
      case Kind.Bool:
        return this.#buffer('values', bitmapBytes(length))
      case Kind.Bytes32:
      case Kind.Bytes64:
        return this.#offsets(length, kind === Kind.Bytes32 ? 4 : 8) ?? this.#buffer('bytes', 0)
      case Kind.View: {
        const problem = this.#buffer('views', length * 16)
        const counts = this.#buffers + 2 * this.#words[this.#block + Block.Buffers]!
        this.#next += this.#words[counts + this.#view++]!
        return problem
      }
      case Kind.List32:
      case Kind.List64:
        return this.#offsets(length, kind === Kind.List32 ? 4 : 8) ?? this.#children(shape, 0)
      case Kind.FixedList:
        return this.#children(shape, length * shape.listSize)
      case Kind.Struct:
        return this.#children(shape, length)
      case Kind.SparseUnion:
        return this.#buffer('type ids', length) ?? this.#children(shape, length)
      default:
        return (
          this.#buffer('type ids', length) ?? this.#buffer('offsets', length * 4) ?? this.#children(shape, 0)
        )
    }
  }

  #children(shape: ColumnShape, atLeast: number): string | undefined {
    for (const child of shape.children) {
      const problem = this.#column(child, atLeast)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  #nextLength(): number {
    return this.#words[this.#buffers + 2 * this.#next++ + 1]!
  }

  #buffer(what: string, needed: number): string | undefined {
    const bytes = this.#nextLength()
    return bytes < needed ? short(what, bytes, needed) : undefined
  }

  /** Without rows, writers may leave out the one offset. */
  #offsets(length: number, width: number): string | undefined {
    return this.#buffer('offsets', length === 0 ? 0 : (length + 1) * width)
  }
}

function short(what: string, bytes: number, needed: number): string {
  return `the ${what} of a column have ${bytes} bytes and ${needed} are needed`
}
