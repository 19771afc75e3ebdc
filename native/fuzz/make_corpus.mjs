// Adds to a directory of slots what apache-arrow makes of them, and the layout that apache-arrow sees in each.
//
//   node make_corpus.mjs DIRECTORY
//
// js-own-*.arrow: what only apache-arrow writes. js-NAME.arrow: the batch of NAME.arrow in apache-arrow's encoding,
// where it can read it. NAME.layout, for every slot: the layout words that the verifier must give for it
// (ipc/layout.hpp), taken from apache-arrow's own decoding of the messages.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  Dictionary,
  Int8,
  MessageReader,
  RecordBatch,
  RecordBatchFileWriter,
  RecordBatchReader,
  Utf8,
  makeData,
  vectorFromArray,
} from 'apache-arrow'

const SCHEMA = 1
const DICTIONARY_BATCH = 2
const PREFIX_BYTES = 8

/** apache-arrow's own file writer leaves the schema message out, which a slot must have. */
class SlotWriter extends RecordBatchFileWriter {
  _writeSchema(schema) {
    super._writeSchema(schema)
    return Object.getPrototypeOf(RecordBatchFileWriter.prototype)._writeSchema.call(this, schema)
  }
}

function slotOf(batch) {
  const writer = new SlotWriter()
  writer.write(batch)
  writer.finish()
  return writer.toUint8Array(true)
}

function rewrite(bytes) {
  const batches = [...RecordBatchReader.from(bytes)]
  if (batches.length !== 1) throw new Error(`${batches.length} batches`)
  return slotOf(batches[0])
}

function* ownSlots() {
  const words = vectorFromArray(['a', 'bb'], new Utf8()).concat(vectorFromArray(['ccc'], new Utf8()))
  const type = new Dictionary(new Utf8(), new Int8(), 3)
  const coded = makeData({ type, length: 4, nullCount: 0, data: Int8Array.of(0, 2, 1, 2), dictionary: words })
  const delta = new RecordBatch({ coded })
  yield ['delta', delta]
  yield [
    'sliced',
    new RecordBatch({ coded, b: vectorFromArray([true, null, false, true]).data[0] }).slice(1, 3),
  ]
  const absent = { type, length: 2, nullCount: 2, nullBitmap: new Uint8Array(8), data: new Int8Array(2) }
  yield ['no-values', new RecordBatch({ coded: makeData(absent) })]
}

function block(metadataOffset, metadataLength, message) {
  const header = message.header()
  const isDictionary = message.headerType === DICTIONARY_BATCH
  const data = isDictionary ? header.data : header
  const bodyOffset = metadataOffset + metadataLength
  return [
    isDictionary ? header.id : -1,
    isDictionary && header.isDelta ? 1 : 0,
    data.length,
    metadataOffset,
    metadataLength,
    bodyOffset,
    message.bodyLength,
    data.compression ? data.compression.type + 1 : 0,
    data.nodes.length,
    data.buffers.length,
    data.variadicBufferCounts.length,
    ...data.nodes.flatMap((node) => [node.length, node.nullCount]),
    ...data.buffers.flatMap((buffer) => [bodyOffset + buffer.offset, buffer.length]),
    ...data.variadicBufferCounts,
  ]
}

function layoutOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = PREFIX_BYTES
  while (view.getInt32(offset, true) === 0) offset += 8
  const reader = new MessageReader(bytes.subarray(offset))
  const blocks = []
  let schema
  for (const message of reader) {
    const metadataLength = view.getInt32(offset + 4, true)
    const metadataOffset = offset + PREFIX_BYTES
    if (message.headerType === SCHEMA) schema = [metadataOffset, metadataLength]
    else blocks.push(block(metadataOffset, metadataLength, message))
    offset = metadataOffset + metadataLength + message.bodyLength
    reader.readMessageBody(message.bodyLength)
  }
  return [blocks.at(-1)[2], ...schema, blocks.length - 1, ...blocks.flat()]
}

const directory = process.argv[2]
const slots = () => readdirSync(directory).filter((name) => name.endsWith('.arrow'))
for (const [name, batch] of ownSlots()) writeFileSync(join(directory, `js-own-${name}.arrow`), slotOf(batch))
const skipped = []
for (const name of slots().filter((each) => /^(py|polars)-/.test(each))) {
  try {
    writeFileSync(join(directory, `js-${name}`), rewrite(readFileSync(join(directory, name))))
  } catch (error) {
    skipped.push(`${name}: ${error.message}`)
  }
}
for (const name of slots()) {
  const words = layoutOf(readFileSync(join(directory, name)))
  writeFileSync(join(directory, `${basename(name, '.arrow')}.layout`), `${words.join(' ')}\n`)
}
if (skipped.length > 0) console.log(`apache-arrow does not rewrite:\n  ${skipped.join('\n  ')}`)
