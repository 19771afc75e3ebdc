import { CorruptError } from '../base/errors.js'
import { checkBlock } from './check_block.js'
import type { SchemaShape } from './column_shape.js'
import { Block, blockWords, Layout } from './layout.js'
import type { KnownSchema } from './schema_cache.js'

/** The layout words of a slot, copied and checked against its schema: the same for every slot that has the same words. */
export interface CheckedLayout {
  readonly known: KnownSchema
  readonly words: readonly number[]
  /** The record batch's block, which is the last. */
  readonly recordBatch: number
  /** The first compression found. Compressed slots, and those of schemas without a shape, are not checked further. */
  readonly compression: number
}

/** @throws CorruptError if the words do not fit the schema */
export function checkLayout(known: KnownSchema, layout: Float64Array): CheckedLayout {
  const checked = copyWords(known, layout)
  const { words, recordBatch, compression } = checked
  const { shape } = known
  if (shape === undefined || compression !== 0) return checked
  if (words[Layout.DictionaryBatches]! > 0) checkDictionaries(shape, words)
  checkBlock(shape, words, recordBatch, batchName)
  return checked
}

const batchName = () => 'the batch'

function copyWords(known: KnownSchema, layout: Float64Array): CheckedLayout {
  let block: number = Layout.Blocks
  let compression = layout[block + Block.Compression]!
  for (let i = layout[Layout.DictionaryBatches]!; i > 0; i--) {
    block += blockWords(layout, block)
    compression ||= layout[block + Block.Compression]!
  }
  const count = block + blockWords(layout, block)
  // A plain array: small typed arrays cost several times as much to allocate.
  const words: number[] = new Array<number>(count)
  for (let i = 0; i < count; i++) words[i] = layout[i]!
  return { known, words, recordBatch: block, compression }
}

function checkDictionaries(shape: SchemaShape, words: readonly number[]): void {
  let block: number = Layout.Blocks
  for (let i = words[Layout.DictionaryBatches]!; i > 0; i--) {
    const id = words[block + Block.Id]!
    const dictionary = shape.dictionaries.find((known) => known.id === id)
    if (dictionary === undefined)
      throw new CorruptError(`the batch has a dictionary ${id} that its schema does not know`)
    checkBlock(dictionary.values, words, block, () => `dictionary ${id}`)
    block += blockWords(words, block)
  }
}

const NO_ID = 0
/** As many as the native verifier remembers. */
const LAYOUTS_KEPT = 4

/** The layouts that came last, by the numbers that stand for exactly their words. */
export class LayoutCache {
  readonly #ids: number[] = new Array<number>(LAYOUTS_KEPT).fill(NO_ID)
  readonly #layouts: (CheckedLayout | undefined)[] = new Array<undefined>(LAYOUTS_KEPT).fill(undefined)
  #next = 0

  /** @param id 0 is found never. */
  find(id: number): CheckedLayout | undefined {
    if (id === NO_ID) return undefined
    for (let i = 0; i < LAYOUTS_KEPT; i++) if (this.#ids[i] === id) return this.#layouts[i]
    return undefined
  }

  keep(id: number, layout: CheckedLayout): void {
    if (id === NO_ID) return
    this.#ids[this.#next] = id
    this.#layouts[this.#next] = layout
    this.#next = (this.#next + 1) % LAYOUTS_KEPT
  }
}
