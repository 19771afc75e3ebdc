import { type ArenaRecordBatch, makeArenaRecordBatch } from './arena_record_batch.js'
import { checkLayout, type CheckedLayout, LayoutCache } from './checked_layout.js'
import { decodeByArrow } from './decode_fallback.js'
import { Block } from './layout.js'
import { SchemaCache } from './schema_cache.js'
import { SlotColumns } from './slot_columns.js'
import { batchMessage, schemaMessage, type SlotSource, streamOf } from './slot_messages.js'
import type { SlotBytes } from './slot_parts.js'

/** What was learned from earlier slots. Schemas are recognised by their bytes; ids only make that cheaper. */
export class DecodeCache {
  readonly schemas = new SchemaCache()
  readonly layouts = new LayoutCache()
}

/** What the verifier knows a slot's metadata by. Each stands for exactly the same bytes or words; 0: not known. */
export interface SlotIds {
  readonly schemaId: number
  readonly layoutId: number
}

const NO_IDS: SlotIds = Object.freeze({ schemaId: 0, layoutId: 0 })
const PRIVATE: SlotSource = Object.freeze({})

/**
 * Makes the record batch that lies in a slot. Its columns are views of `slot`, made when they are first used.
 *
 * @param slot the slot, whose bytes must not move while the batch is in use
 * @param layout the slot's layout words; borrowed, the caller may overwrite them afterwards
 * @param ids among the slots that are decoded with `cache`
 * @param keeper is kept with the batch, for `keeperOf`
 * @param source what is known of `slot`: without it, that nobody changes its bytes
 * @throws CorruptError if the words do not fit the schema
 * @throws IncompatibleError if the slot is compressed or written in a way that apache-arrow does not read
 */
export function decodeSlot(
  slot: SlotBytes,
  layout: Float64Array,
  cache: DecodeCache,
  ids = NO_IDS,
  keeper?: object,
  source = PRIVATE,
): ArenaRecordBatch {
  const checked = cache.layouts.find(ids.layoutId) ?? check(slot, layout, cache, ids, source)
  const { known, compression, words, recordBatch } = checked
  if (known.shape === undefined || compression !== 0) {
    return decodeByArrow(streamOf(slot, words, source), known, compression, keeper, source.checksValues)
  }
  const message =
    words[recordBatch + Block.HasMetadata] === 0 ? undefined : batchMessage(slot, words, recordBatch, source)
  return makeArenaRecordBatch(known, new SlotColumns(slot, checked, message), keeper)
}

function check(
  slot: SlotBytes,
  layout: Float64Array,
  cache: DecodeCache,
  ids: SlotIds,
  source: SlotSource,
): CheckedLayout {
  const { schemaId, layoutId } = ids
  const known =
    cache.schemas.findId(schemaId) ?? cache.schemas.find(schemaMessage(slot, layout, source), schemaId)
  const checked = checkLayout(known, layout)
  cache.layouts.keep(layoutId, checked)
  return checked
}
