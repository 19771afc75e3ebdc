import { Message } from 'apache-arrow'
import * as metadata from 'apache-arrow/ipc/metadata/message'
import { align64 } from './alignment.js'
import type { BufferViews } from './buffer_views.js'
import { DictionaryBatchField, FlatbufferTable, MessageField, RecordBatchField } from './flatbuffer.js'

const CONTINUATION = 0xffffffff
/** Continuation marker and length before the flatbuffer. */
export const MESSAGE_PREFIX = 8
const TWO_32 = 0x1_0000_0000

/** What differs between two messages of one shape, besides the numbers. */
export interface MessageKind {
  readonly nodeCount: number
  readonly bufferCount: number
  readonly variadicCounts: readonly number[]
  /** Custom metadata of a record batch. */
  readonly metadata?: Map<string, string>
  readonly dictionary?: { readonly id: number; readonly isDelta: boolean }
}

/**
 * The bytes of a record batch or dictionary batch message as apache-arrow encodes them, and where in them the numbers
 * are that differ from batch to batch. Writing a message is copying the bytes and storing the numbers.
 */
export class MessageTemplate {
  /** Bytes of the message with its prefix and padding: a multiple of 64. */
  readonly byteLength: number
  readonly #bytes: Uint8Array
  readonly #rows: number
  readonly #bodyLength: number
  readonly #nodes: number
  readonly #buffers: number

  constructor(kind: MessageKind) {
    // Fields that hold their default are left out of a flatbuffer: every number that is patched must not be 0.
    const nodes = Array.from({ length: kind.nodeCount }, () => new metadata.FieldNode(1, 1))
    const buffers = Array.from({ length: kind.bufferCount }, () => new metadata.BufferRegion(1, 1))
    const counts = [...kind.variadicCounts]
    const batch = new metadata.RecordBatch(1, nodes, buffers, null, counts, kind.metadata)
    const { dictionary } = kind
    const header = dictionary ? new metadata.DictionaryBatch(batch, dictionary.id, dictionary.isDelta) : batch
    const flatbuffer = Message.encode(Message.from(header, 1))

    this.#bytes = encapsulate(flatbuffer)
    this.byteLength = this.#bytes.length
    const root = FlatbufferTable.root(flatbuffer)
    const top = root.table(MessageField.header)
    const table = dictionary ? top.table(DictionaryBatchField.data) : top
    this.#bodyLength = wordAt(root.field(MessageField.bodyLength))
    this.#rows = wordAt(table.field(RecordBatchField.length))
    this.#nodes = wordAt(table.vector(RecordBatchField.nodes))
    this.#buffers = wordAt(table.vector(RecordBatchField.buffers))
  }

  /**
   * Writes the message at `position`, a multiple of 8.
   * @param nodes length and null count of every node
   * @param bufferLengths bytes of every buffer; each starts on the next multiple of 64
   */
  write(
    views: BufferViews,
    position: number,
    rows: number,
    nodes: readonly number[],
    bufferLengths: readonly number[],
    bodyLength: number,
  ): void {
    views.u8.set(this.#bytes, position)
    const words = views.u32
    const base = position / 4
    storeNumber(words, base + this.#rows, rows)
    storeNumber(words, base + this.#bodyLength, bodyLength)
    let word = base + this.#nodes
    for (let i = 0; i < nodes.length; i++, word += 2) storeNumber(words, word, nodes[i]!)
    word = base + this.#buffers
    let offset = 0
    for (let i = 0; i < bufferLengths.length; i++, word += 4) {
      const length = bufferLengths[i]!
      storeNumber(words, word, offset)
      storeNumber(words, word + 2, length)
      offset += align64(length)
    }
  }

  /** Overwrites the buffer lengths of a written message; the buffers stay where they are. */
  shortenBuffers(views: BufferViews, position: number, bufferLengths: readonly number[]): void {
    let word = position / 4 + this.#buffers
    for (let i = 0; i < bufferLengths.length; i++, word += 4)
      storeNumber(views.u32, word + 2, bufferLengths[i]!)
  }
}

/** Prefixes a flatbuffer as Arrow's streams do and pads it, so that what follows starts on a multiple of 64. */
export function encapsulate(flatbuffer: Uint8Array, before = 0): Uint8Array {
  const end = align64(before + MESSAGE_PREFIX + flatbuffer.length)
  const bytes = new Uint8Array(end)
  const view = new DataView(bytes.buffer)
  view.setUint32(before, CONTINUATION, true)
  view.setUint32(before + 4, end - before - MESSAGE_PREFIX, true)
  bytes.set(flatbuffer, before + MESSAGE_PREFIX)
  return bytes
}

/** Stores a 64-bit little-endian number as two words. */
export function storeNumber(words: Uint32Array, word: number, value: number): void {
  if (value < TWO_32) {
    words[word] = value
    words[word + 1] = 0
  } else {
    words[word] = value % TWO_32
    words[word + 1] = Math.floor(value / TWO_32)
  }
}

function wordAt(positionInFlatbuffer: number): number {
  if (positionInFlatbuffer % 8 !== 0) throw new Error('a 64-bit number of a message is not aligned')
  return (MESSAGE_PREFIX + positionInFlatbuffer) / 4
}
