import { Data, makeData, Message, type Struct, type Vector } from 'apache-arrow'
import { BlockReader, type Dictionaries } from './block_reader.js'
import { type BatchColumns } from './batch_columns.js'
import type { CheckedLayout } from './checked_layout.js'
import type { DictionaryShape } from './column_shape.js'
import { ReleasedError } from '../base/errors.js'
import { Block, blockWords, Layout } from './layout.js'
import { memoizedVector } from './memoized_vector.js'
import type { KnownSchema } from './schema_cache.js'
import { type SlotBytes, SlotRange } from './slot_parts.js'

function isGone(slot: SlotBytes): boolean {
  return slot instanceof SlotRange && slot.buffer.byteLength === 0
}

function transferred(): ReleasedError {
  return new ReleasedError(
    'the memory of this batch is gone: the program transferred the ArrayBuffer of one of its columns, or of a small batch ' +
      'that was read at about the same time and shares its memory, to another; transfer a copy of the column instead',
  )
}

/** The columns of a slot, made from its layout words when they are first used. */
export class SlotColumns implements BatchColumns, Dictionaries {
  readonly rows: number
  readonly #known: KnownSchema
  readonly #slot: SlotBytes
  readonly #words: readonly number[]
  readonly #block: number
  readonly #message: Uint8Array | undefined
  #columns: (Data | undefined)[] | undefined
  #reader: BlockReader | undefined
  #all: Data<Struct> | undefined
  #dictionaries: (Vector | undefined)[] | undefined

  /**
   * @param layout kept, not copied
   * @param message the record batch's, if it has custom metadata
   */
  constructor(slot: SlotBytes, { known, words, recordBatch }: CheckedLayout, message?: Uint8Array) {
    this.rows = words[Layout.Rows]!
    this.#known = known
    this.#slot = slot
    this.#words = words
    this.#block = recordBatch
    this.#message = message
  }

  column(index: number): Data {
    const columns = (this.#columns ??= new Array<undefined>(this.#known.schema.fields.length))
    const made = columns[index]
    if (made !== undefined) return made
    const shape = this.#known.shape!.columns[index]!
    try {
      this.#reader ??= new BlockReader(this.#slot, this.#words, this.#block)
      return (columns[index] = this.#reader.column(shape, this))
    } catch (error) {
      throw isGone(this.#slot) ? transferred() : error
    }
  }

  all(): Data<Struct> {
    if (this.#all === undefined) {
      const { structType } = this.#known
      const children: Data[] = []
      for (let i = 0; i < structType.children.length; i++) children.push(this.column(i))
      this.#all = new Data(structType, 0, this.rows, 0, undefined, children)
    }
    return this.#all
  }

  metadata(): Map<string, string> | undefined {
    return this.#message && Message.decode(this.#message).metadata
  }

  made(): readonly Data[] {
    return (this.#columns ?? []).filter((column) => column !== undefined)
  }

  dictionary(shape: DictionaryShape): Vector {
    this.#dictionaries ??= []
    return (this.#dictionaries[shape.slot] ??= this.#readDictionary(shape))
  }

  /** The last batch that is no delta, and the deltas after it. A dictionary that was not sent is empty. */
  #readDictionary(shape: DictionaryShape): Vector {
    const words = this.#words
    let chunks: Data[] = []
    let block: number = Layout.Blocks
    for (let i = 0; i < words[Layout.DictionaryBatches]!; i++, block += blockWords(words, block)) {
      if (words[block + Block.Id] !== shape.id) continue
      const chunk = new BlockReader(this.#slot, words, block).column(shape.values.columns[0]!, this)
      chunks = words[block + Block.IsDelta] === 0 ? [chunk] : [...chunks, chunk]
    }
    const type = shape.values.columns[0]!.type
    return memoizedVector(chunks.length > 0 ? chunks : [makeData({ type })])
  }
}
