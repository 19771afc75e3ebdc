import { Message } from 'apache-arrow'
import type { DictionaryBatch, RecordBatch } from 'apache-arrow/ipc/metadata/message'
import { Layout } from '#src/codec/layout.js'

const FILE_PREFIX = 8
const MESSAGE_PREFIX = 8
const NO_ID = -1

/**
 * The layout words of a slot as apache-arrow's metadata classes read them, message by message as a stream reader goes.
 * It trusts the bytes: it is what the native verifier is compared with on valid slots.
 */
export function layoutOf(slot: Uint8Array): Float64Array {
  const view = new DataView(slot.buffer, slot.byteOffset, slot.byteLength)
  const words = [0, 0, 0, 0]
  for (let at = FILE_PREFIX; ;) {
    const length = view.getInt32(at + 4, true)
    if (view.getInt32(at, true) !== -1 || length === 0) break
    const metadataOffset = at + MESSAGE_PREFIX
    const message = Message.decode(slot.subarray(metadataOffset, metadataOffset + length))
    const bodyOffset = metadataOffset + length
    if (message.isSchema()) {
      words[Layout.SchemaOffset] = metadataOffset
      words[Layout.SchemaLength] = length
    } else {
      const header = message.header() as unknown as RecordBatch | DictionaryBatch
      const isDictionary = message.isDictionaryBatch()
      const batch = isDictionary ? (header as DictionaryBatch).data : (header as RecordBatch)
      if (isDictionary) words[Layout.DictionaryBatches]!++
      else words[Layout.Rows] = batch.length
      words.push(
        isDictionary ? (header as DictionaryBatch).id : NO_ID,
        isDictionary && (header as DictionaryBatch).isDelta ? 1 : 0,
        batch.length,
        metadataOffset,
        length,
        bodyOffset,
        message.bodyLength,
        batch.compression ? batch.compression.type + 1 : 0,
        batch.nodes.length,
        batch.buffers.length,
        batch.variadicBufferCounts.length,
        message.metadata.size > 0 ? 1 : 0,
        ...batch.nodes.flatMap((node) => [node.length, node.nullCount]),
        ...batch.buffers.flatMap((buffer) => [bodyOffset + buffer.offset, buffer.length]),
        ...batch.variadicBufferCounts,
      )
    }
    at = bodyOffset + message.bodyLength
  }
  return Float64Array.from(words)
}
