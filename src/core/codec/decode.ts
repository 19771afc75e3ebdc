import { CorruptError } from '../errors.js'
import { type ArenaRecordBatch, makeArenaRecordBatch } from './arena_record_batch.js'
import { checkBlock } from './check_block.js'
import type { SchemaShape } from './column_shape.js'
import { decodeByArrow } from './decode_fallback.js'
import { Block, blockWords, Layout } from './layout.js'
import type { SchemaCache } from './schema_cache.js'
import { SlotColumns } from './slot_columns.js'
import { type SlotBytes, wholeSlot } from './slot_parts.js'

export { SchemaCache } from './schema_cache.js'

/**
 * Makes the record batch that lies in a slot. Its columns are views of `slot`, made when they are first used.
 *
 * @param slot the slot, whose bytes must not move while the batch is in use
 * @param layout the slot's layout words; borrowed, the caller may overwrite them afterwards
 * @param schemaId stands for exactly the schema's bytes among the slots that are decoded with `schemas`; 0: not known
 * @throws CorruptError if the words do not fit the schema
 * @throws IncompatibleError if the slot is compressed or written in a way that apache-arrow does not read
 */
export function decodeSlot(
  slot: SlotBytes,
  layout: Float64Array,
  schemas: SchemaCache,
  schemaId = 0,
): ArenaRecordBatch {
  const known = schemas.find(slot, layout[Layout.SchemaOffset]!, layout[Layout.SchemaLength]!, schemaId)
  const { words, recordBatch, compression } = copyWords(layout)
  const { shape } = known
  if (shape === undefined || compression !== 0) return decodeByArrow(wholeSlot(slot), known, compression)
  if (words[Layout.DictionaryBatches]! > 0) checkDictionaries(shape, words)
  checkBlock(shape, words, recordBatch, batchName)
  return makeArenaRecordBatch(known, new SlotColumns(known, slot, words, recordBatch))
}

const batchName = () => 'the batch'

interface Words {
  readonly words: readonly number[]
  /** The record batch's block, which is the last. */
  readonly recordBatch: number
  /** The first compression found. */
  readonly compression: number
}

function copyWords(layout: Float64Array): Words {
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
  return { words, recordBatch: block, compression }
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
