import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'

import { type RecordBatch, RecordBatchReader, type TypeMap } from 'apache-arrow'

import type { AnySchema } from '../core/any_schema.js'
import { InvalidArgumentError } from '../core/errors.js'
import type { StreamOf } from './stream_of.js'

/** Arrow IPC, as a file or stream: by its path, or its bytes, whole or in chunks. */
export type IpcSource = string | URL | Uint8Array | AsyncIterable<Uint8Array>

/**
 * The record batches of Arrow IPC data. Which of the two formats it is, is seen from its first bytes. A file is read batch by batch; of
 * the file format in chunks, everything is gathered first.
 *
 * The data is read with apache-arrow, which takes it on trust: do not feed it what a stranger made.
 *
 * @example pipeline(fromIpc('ticks.arrow'), createWritable('ticks'))
 */
export function fromIpc<T extends TypeMap = AnySchema>(source: IpcSource): StreamOf<RecordBatch<T>> {
  return Readable.from(batchesOf<T>(source), { objectMode: true, highWaterMark: 1 })
}

type Bytes = Uint8Array | AsyncIterable<Uint8Array>

/**
 * apache-arrow asks a Node stream for chunks of the sizes that it needs, which one in object mode does not honour; of an async
 * iterable it puts them together itself.
 */
function readable(source: FileHandle | Bytes): FileHandle | Bytes {
  if (!(Symbol.asyncIterator in source) || source instanceof Uint8Array) return source
  return (async function* () {
    yield* source
  })()
}

async function* batchesOf<T extends TypeMap>(source: IpcSource): AsyncGenerator<RecordBatch<T>> {
  const isPath = typeof source === 'string' || source instanceof URL
  const file = isPath ? await open(source) : undefined
  let reader: RecordBatchReader<T> | undefined
  try {
    reader = await RecordBatchReader.from<T>(readable(file ?? (source as Bytes)) as FileHandle)
    await reader.open()
    if ((reader.schema as unknown) === undefined) {
      throw new InvalidArgumentError(
        `${isPath ? String(source) : 'the source'} is neither an Arrow IPC file nor an Arrow IPC stream`,
      )
    }
    for await (const batch of reader as AsyncIterable<RecordBatch<T>>) yield batch
  } finally {
    await reader?.cancel()
    await file?.close()
  }
}
