import { MetadataVersion, type Schema } from 'apache-arrow'
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file'
import type { BufferViews } from './buffer_views.js'
import { FlatbufferTable, FooterField } from './flatbuffer.js'
import { storeNumber } from './message_template.js'

export const MAGIC = new TextEncoder().encode('ARROW1')
const END_OF_STREAM = 8
const BLOCK_WORDS = 6

/** Where a message lies in the file; a footer has one for each dictionary batch and record batch. */
export interface MessageBlock {
  readonly offset: number
  readonly metadataLength: number
  readonly bodyLength: number
}

/** What follows the last body: end-of-stream marker, footer, its length and the magic. */
export class TailTemplate {
  readonly byteLength: number
  readonly #bytes: Uint8Array
  readonly #dictionaries: number
  readonly #recordBatch: number

  constructor(schema: Schema, dictionaryBlocks: number) {
    const blocks = Array.from({ length: dictionaryBlocks }, () => new FileBlock(1, 1, 1))
    const footer = Footer.encode(new Footer(schema, MetadataVersion.V5, [new FileBlock(1, 1, 1)], blocks))
    // The total is kept a multiple of 8. Readers find the footer from its end, and ignore what pads it there.
    const padded = footer.length + ((8 - ((footer.length + 4 + MAGIC.length) % 8)) % 8)
    const bytes = new Uint8Array(END_OF_STREAM + padded + 4 + MAGIC.length)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, 0xffffffff, true)
    bytes.set(footer, END_OF_STREAM)
    view.setUint32(END_OF_STREAM + padded, padded, true)
    bytes.set(MAGIC, END_OF_STREAM + padded + 4)
    this.#bytes = bytes
    this.byteLength = bytes.length
    const table = FlatbufferTable.root(footer)
    this.#dictionaries = wordAt(table.vector(FooterField.dictionaries))
    this.#recordBatch = wordAt(table.vector(FooterField.recordBatches))
  }

  /** Writes the tail at `position`, a multiple of 64. The last block is the record batch's. */
  write(views: BufferViews, position: number, blocks: readonly MessageBlock[]): void {
    views.u8.set(this.#bytes, position)
    const base = position / 4
    const last = blocks.length - 1
    for (let i = 0; i < last; i++) this.#store(views, base + this.#dictionaries + i * BLOCK_WORDS, blocks[i]!)
    this.#store(views, base + this.#recordBatch, blocks[last]!)
  }

  #store(views: BufferViews, word: number, block: MessageBlock): void {
    storeNumber(views.u32, word, block.offset)
    views.u32[word + 2] = block.metadataLength
    storeNumber(views.u32, word + 4, block.bodyLength)
  }
}

function wordAt(positionInFooter: number): number {
  if (positionInFooter % 8 !== 0) throw new Error('a block of the footer is not aligned')
  return (END_OF_STREAM + positionInFooter) / 4
}
