import { MetadataVersion, type RecordBatch, type Schema } from 'apache-arrow'
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file'

import { encodeSlot } from '../codec/encode.js'
import { Block, blockWords, Layout } from '../codec/layout.js'
import { type KnownSchema, SchemaCache } from '../codec/schema_cache.js'
import { schemaMessage } from '../codec/slot_messages.js'
import { SchemaMismatchError } from '../base/errors.js'
import { slotBytes } from '../core/reading/lease.js'
import { addon } from '../native/load_addon.js'
import { FileDictionaries } from './file_dictionaries.js'

/** `stream` can be read while it is written; `file` can be read in any order once it is complete. */
export type IpcFormat = 'stream' | 'file'

/** A message begins with a continuation marker and its length. */
const MESSAGE_PREFIX = 8
const MAGIC = new TextEncoder().encode('ARROW1')
const END_OF_STREAM = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0)

/** A message of a slot: [start, body) is metadata, [body, end) the body. */
interface Message {
  start: number
  body: number
  end: number
}

/**
 * Joins slots, each of which is an Arrow file of one batch, to one file or stream of all. Their messages are taken as they are, so
 * whatever went through an arena comes out unchanged. The bytes given out are copies, because a batch may be released before they are
 * written.
 */
export class IpcJoiner {
  readonly #format: IpcFormat
  readonly #schemas = new SchemaCache()
  #schema: Schema | undefined
  /** The first slot, up to the end of its schema. */
  #head: Uint8Array | undefined
  readonly #dictionaries = new FileDictionaries()
  readonly #dictionaryBlocks: FileBlock[] = []
  readonly #batchBlocks: FileBlock[] = []
  #position = 0

  constructor(format: IpcFormat) {
    this.#format = format
  }

  *add(batch: RecordBatch): Generator<Uint8Array, void, undefined> {
    const slot = ownSlot(batch)
    const layout = addon().verifySlot(slot)
    const messages = messagesOf(layout)
    const last = messages.pop()!
    // Of the slot and not of the batch: in the slot dictionaries may have other numbers.
    const known = this.#schemas.find(schemaMessage(slot, layout, {}))
    if (this.#schema === undefined) yield* this.#begin(known.schema, slot, layout)
    else this.#checkSchema(known.schema, slot)
    yield* this.#addDictionaries(slot, layout, known, messages)
    this.#batchBlocks.push(this.#block(last, last.start))
    yield this.#advance(slot.subarray(last.start, last.end))
  }

  /** Nothing when there was no batch, and so no schema. */
  *end(): Generator<Uint8Array, void, undefined> {
    if (this.#schema === undefined) return
    yield END_OF_STREAM
    if (this.#format === 'stream') return
    const footer = Footer.encode(
      new Footer(this.#schema, MetadataVersion.V5, this.#batchBlocks, this.#dictionaryBlocks),
    )
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, footer.length, true)
    yield Buffer.concat([footer, length, MAGIC])
  }

  *#begin(schema: Schema, slot: Uint8Array, layout: Float64Array): Generator<Uint8Array, void, undefined> {
    this.#schema = schema
    if (this.#format === 'file') yield this.#advance(Uint8Array.from([...MAGIC, 0, 0]))
    const start = layout[Layout.SchemaOffset]! - MESSAGE_PREFIX
    const end = layout[Layout.SchemaOffset]! + layout[Layout.SchemaLength]!
    this.#head = slot.slice(0, end)
    yield this.#advance(slot.subarray(start, end))
  }

  /** A stream may replace a dictionary with every batch; a file has one for each column, to which later batches may add. */
  *#addDictionaries(
    slot: Uint8Array,
    layout: Float64Array,
    known: KnownSchema,
    messages: readonly Message[],
  ): Generator<Uint8Array, void, undefined> {
    const [first] = messages
    if (first === undefined) return
    const bytes = slot.subarray(first.start, messages.at(-1)!.end)
    if (this.#format === 'file') {
      if (this.#dictionaryBlocks.length > 0) return yield* this.#growDictionaries(slot, layout, known, bytes)
      this.#dictionaries.begin(slot, layout, known, bytes)
      for (const message of messages) this.#dictionaryBlocks.push(this.#block(message, first.start))
    }
    yield this.#advance(bytes)
  }

  *#growDictionaries(
    slot: Uint8Array,
    layout: Float64Array,
    known: KnownSchema,
    section: Uint8Array,
  ): Generator<Uint8Array, void, undefined> {
    const deltas = this.#dictionaries.grow(slot, layout, known, section)
    if (deltas === undefined) {
      throw new SchemaMismatchError(
        `batch ${this.#batchBlocks.length} has other dictionaries than those before it, and an Arrow file has one for each column, ` +
          "which may only grow: write it with format: 'stream', or decode the dictionary columns first",
      )
    }
    for (const { bytes, metadataLength } of deltas) {
      this.#dictionaryBlocks.push(
        new FileBlock(metadataLength, bytes.length - metadataLength, this.#position),
      )
      yield this.#advance(bytes)
    }
  }

  #checkSchema(schema: Schema, slot: Uint8Array): void {
    const first = this.#schema!
    if (schema === first) return
    const numbers = ({ dictionaries }: Schema) => String([...dictionaries.keys()])
    const difference = addon().schemaDifference(this.#head!, slot)
    if (difference === '' && numbers(first) === numbers(schema)) return
    throw new SchemaMismatchError(
      `batch ${this.#batchBlocks.length} has another schema than the first, and an Arrow ${this.#format} has one: ` +
        (difference || 'its dictionaries have other numbers'),
    )
  }

  /** @param origin Where in the slot lies what is written at the current position. */
  #block(message: Message, origin: number): FileBlock {
    const position = this.#position + message.start - origin
    return new FileBlock(message.body - message.start, message.end - message.body, position)
  }

  #advance(bytes: Uint8Array): Uint8Array {
    this.#position += bytes.length
    return bytes
  }
}

/** Dictionary batches in order, then the record batch. They follow each other without a gap. */
function messagesOf(layout: Float64Array): Message[] {
  const messages: Message[] = []
  let block: number = Layout.Blocks
  for (let i = 0; i <= layout[Layout.DictionaryBatches]!; i++, block += blockWords(layout, block)) {
    const body = layout[block + Block.BodyOffset]!
    messages.push({
      start: layout[block + Block.MetadataOffset]! - MESSAGE_PREFIX,
      body,
      end: body + layout[block + Block.BodyLength]!,
    })
  }
  return messages
}

/** Copied before it is verified: a peer can change what lies in the ring. */
function ownSlot(batch: RecordBatch): Uint8Array {
  const shared = slotBytes(batch)
  return shared === undefined ? encodeSlot(batch) : Uint8Array.from(shared)
}
