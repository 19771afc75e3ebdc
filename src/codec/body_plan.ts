import type { Vector } from 'apache-arrow'
import { align64 } from './alignment.js'
import { type BodyBuffer, NO_BUFFER } from './body_buffer.js'
import type { BufferViews } from './buffer_views.js'
import type { BatchShape, DictionaryShape } from './column_shape.js'

/** The numbers of one record batch or dictionary batch message, and where the bytes of its body come from. */
export class BodyPlan {
  /** Length and null count of every node. */
  readonly nodes: number[]
  readonly bufferLengths: number[]
  readonly variadicCounts: number[] = []
  /** Bytes of the body: every buffer padded to a multiple of 64. */
  byteLength = 0
  readonly #buffers: BodyBuffer[]
  readonly #dictionaries: DictionaryValues | undefined
  #nodeWords = 0
  #bufferCount = 0

  /** @param shape Of the batch: how long the arrays become, but for variadic buffers. Growing them costs more than filling. */
  constructor(shape: BatchShape, dictionaries: DictionaryValues | undefined) {
    this.nodes = new Array<number>(2 * shape.nodeCount)
    this.bufferLengths = new Array<number>(shape.bufferCount)
    this.#buffers = new Array<BodyBuffer>(shape.bufferCount)
    this.#dictionaries = dictionaries
  }

  addNode(length: number, nullCount: number): void {
    this.nodes[this.#nodeWords++] = length
    this.nodes[this.#nodeWords++] = nullCount
  }

  addBuffer(buffer: BodyBuffer): void {
    this.#append(buffer, buffer.byteLength)
    this.byteLength += align64(buffer.byteLength)
  }

  /** Left-out validity. */
  addNothing(): void {
    this.#append(NO_BUFFER, 0)
  }

  #append(buffer: BodyBuffer, byteLength: number): void {
    this.#buffers[this.#bufferCount] = buffer
    this.bufferLengths[this.#bufferCount++] = byteLength
  }

  useDictionary(shape: DictionaryShape, values: Vector | undefined): void {
    this.#dictionaries?.use(shape, values)
  }

  /** Writes `byteLength` bytes at `position`, a multiple of 64. Padding is cleared: a ring holds older batches. */
  write(views: BufferViews, position: number): void {
    let at = position
    for (const buffer of this.#buffers) {
      const length = buffer.byteLength
      if (length === 0) continue
      buffer.write(views, at)
      const next = at + align64(length)
      clear(views, at + length, next)
      at = next
    }
  }
}

/** Clears fewer than 64 bytes; a call of `fill` costs more. */
function clear(views: BufferViews, from: number, to: number): void {
  let at = from
  const bytes = views.u8
  while (at < to && (at & 3) !== 0) bytes[at++] = 0
  const words = views.u32
  for (let word = at / 4, end = to / 4; word < end; word++) words[word] = 0
}

/** The dictionaries that the columns of one batch refer to, by their slot. */
export class DictionaryValues {
  readonly #values: (Vector | undefined)[] = []

  use(shape: DictionaryShape, values: Vector | undefined): void {
    if (values === undefined) return
    const known = this.#values[shape.slot]
    if (known === undefined) this.#values[shape.slot] = values
    else if (known !== values && !sameChunks(known, values)) {
      throw new TypeError(
        `two columns share a dictionary id (${shape.id}) but not the dictionary: give each its own Dictionary type`,
      )
    }
  }

  of(shape: DictionaryShape): Vector | undefined {
    return this.#values[shape.slot]
  }
}

function sameChunks(a: Vector, b: Vector): boolean {
  return a.data.length === b.data.length && a.data.every((chunk, i) => chunk === b.data[i])
}
