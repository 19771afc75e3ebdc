import type { FileHandle } from 'node:fs/promises'

import { FlatbufferTable, FooterField, MessageField, SchemaField } from '../codec/flatbuffer.js'
import { CorruptError, IncompatibleError } from '../base/errors.js'

const MAGIC = Buffer.from('ARROW1')
/** The magic with its padding. */
const FILE_PREFIX = 8
/** The length of the footer and the magic. */
const FILE_SUFFIX = 10
const CONTINUATION = 0xffffffff
/** Of the union MessageHeader. */
const SCHEMA = 1
const MAX_SCHEMA_BYTES = 64 * 2 ** 20

/** Bytes that can be asked for by position: fewer come only where the data ends. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>

export function readsFile(file: FileHandle): ReadAt {
  return async (position, length) => {
    const bytes = Buffer.alloc(length)
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return bytes.subarray(0, filled)
  }
}

export function readsBytes(bytes: Uint8Array): ReadAt {
  return async (position, length) => bytes.subarray(position, position + length)
}

/** Whether the data is of the file format, and not a stream. */
export async function isFile(readAt: ReadAt): Promise<boolean> {
  return MAGIC.equals(await readAt(0, MAGIC.length))
}

/** Throws where a file has no end, as when its download broke off, or is of a kind that apache-arrow would read wrongly. */
export async function checkFile(readAt: ReadAt, size: number): Promise<void> {
  const end =
    size >= FILE_PREFIX + FILE_SUFFIX
      ? await readAt(size - FILE_SUFFIX, FILE_SUFFIX)
      : new Uint8Array(FILE_SUFFIX)
  const length = viewOf(end).getInt32(0, true)
  if (!MAGIC.equals(end.subarray(4)) || length <= 0 || length > size - FILE_PREFIX - FILE_SUFFIX) {
    throw new CorruptError(
      'it begins as an Arrow IPC file and does not end as one: it was cut off, or is not complete yet',
    )
  }
  const footer = Uint8Array.from(await readAt(size - FILE_SUFFIX - length, length))
  checkEndianness(() => FlatbufferTable.root(footer).table(FooterField.schema))
}

/** Throws where a stream is of a kind that apache-arrow would read wrongly. What is no stream is passed over. */
export async function checkStream(readAt: ReadAt): Promise<void> {
  const prefix = await readAt(0, 8)
  if (prefix.length < 8) return
  const view = viewOf(prefix)
  // Before Arrow 0.15 there was no marker before the length.
  const marked = view.getUint32(0, true) === CONTINUATION
  const [at, length] = marked ? [8, view.getUint32(4, true)] : [4, view.getUint32(0, true)]
  if (length === 0 || length > MAX_SCHEMA_BYTES) return
  const message = Uint8Array.from(await readAt(at, length))
  if (message.length === length) checkEndianness(() => schemaOf(FlatbufferTable.root(message)))
}

function schemaOf(message: FlatbufferTable): FlatbufferTable | undefined {
  return message.uint8(MessageField.headerType) === SCHEMA ? message.table(MessageField.header) : undefined
}

function checkEndianness(find: () => FlatbufferTable | undefined): void {
  let endianness: number | undefined
  try {
    endianness = find()?.int16(SchemaField.endianness)
  } catch {
    // No flatbuffer at all, which apache-arrow says in its own words.
  }
  if (endianness !== undefined && endianness !== 0) {
    throw new IncompatibleError(
      'it is big-endian, and only little-endian data is read: write it little-endian',
    )
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
