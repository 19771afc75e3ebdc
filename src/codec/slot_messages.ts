import { Block, blockWords, Layout } from './layout.js'
import { FILE_PREFIX } from './schema_template.js'
import { type SlotBytes, slotPart, wholeSlot } from './slot_parts.js'

/** How the slots of a reader are decoded. */
export interface SlotSource {
  /**
   * The messages of the slot at hand without their bodies, one after another, as they were verified. Missing where nobody
   * can change the slot; where a peer can, its own metadata is not looked at.
   */
  readonly messages?: () => Uint8Array
  /** Values were verified, and what comes out of compressed buffers is to be. */
  readonly checksValues?: boolean
}

/** Before a message's metadata: continuation marker and length. */
const MESSAGE_PREFIX = 8

/** The flatbuffer of the schema message. */
export function schemaMessage(
  slot: SlotBytes,
  layout: ArrayLike<number>,
  { messages }: SlotSource,
): Uint8Array {
  const length = layout[Layout.SchemaLength]!
  if (messages === undefined) return slotPart(slot, layout[Layout.SchemaOffset]!, length)
  return messages().subarray(MESSAGE_PREFIX, MESSAGE_PREFIX + length)
}

/** The flatbuffer of the record batch message, whose block is at `block`. */
export function batchMessage(
  slot: SlotBytes,
  words: ArrayLike<number>,
  block: number,
  { messages }: SlotSource,
): Uint8Array {
  const length = words[block + Block.MetadataLength]!
  return messages === undefined
    ? slotPart(slot, words[block + Block.MetadataOffset]!, length)
    : messages().subarray(-length)
}

/** The slot as pieces of an Arrow stream. */
export function streamOf(slot: SlotBytes, words: ArrayLike<number>, { messages }: SlotSource): Uint8Array[] {
  if (messages === undefined) return [wholeSlot(slot).subarray(FILE_PREFIX)]
  const bytes = messages()
  let at = 0
  const message = (length: number) => bytes.subarray(at, (at += MESSAGE_PREFIX + length))
  const pieces = [message(words[Layout.SchemaLength]!)]
  let block: number = Layout.Blocks
  for (let left = words[Layout.DictionaryBatches]!; left >= 0; left--, block += blockWords(words, block)) {
    pieces.push(
      message(words[block + Block.MetadataLength]!),
      slotPart(slot, words[block + Block.BodyOffset]!, words[block + Block.BodyLength]!),
    )
  }
  return pieces
}
