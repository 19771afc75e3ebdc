import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'

import { type RecordBatch, RecordBatchReader, type TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import { registerDecoders } from '../codec/compression.js'
import { checkUnions } from '../codec/schema_cache.js'
import { CorruptError, InvalidArgumentError, QadsError } from '../base/errors.js'
import { checkFile, checkStream, isFile, type ReadAt, readsBytes, readsFile } from './ipc_head.js'
import { Rewound } from './rewound.js'
import type { StreamOf } from './stream_of.js'

/** Arrow IPC, as a file or stream: by its path, or its bytes, whole or in chunks. */
export type IpcSource = string | URL | Uint8Array | AsyncIterable<Uint8Array>

/**
 * The record batches of Arrow IPC data. Which of the two formats it is, is seen from its first bytes. A file is read batch by batch; of
 * the file format in chunks, everything is gathered first. Bodies may be compressed with lz4 or zstd (before Node 22.15 zstd takes the
 * optional package fzstd).
 *
 * Fails with `ERR_QADS_CORRUPT` for data that is cut off or damaged and `ERR_QADS_INCOMPATIBLE` for what cannot be read here (big-endian
 * data, unions of old metadata, zstd without fzstd), naming the file. The data is read with apache-arrow, which takes much of it on trust:
 * do not feed it what a stranger made.
 *
 * @example pipeline(fromIpc('ticks.arrow'), createWritable('ticks'))
 */
export function fromIpc<T extends TypeMap = AnySchema>(source: IpcSource): StreamOf<RecordBatch<T>> {
  return Readable.from(batchesOf<T>(source), { objectMode: true, highWaterMark: 1 })
}

async function* batchesOf<T extends TypeMap>(source: IpcSource): AsyncGenerator<RecordBatch<T>> {
  const isPath = typeof source === 'string' || source instanceof URL
  const where = isPath ? String(source) : 'the source'
  const file = isPath ? await open(source) : undefined
  const chunks = isPath || source instanceof Uint8Array ? undefined : new Rewound(source)
  let reader: RecordBatchReader<T> | undefined
  try {
    const bytes = source instanceof Uint8Array ? source : undefined
    await check(file, bytes, chunks)
    registerDecoders()
    reader = await RecordBatchReader.from<T>((file ?? bytes ?? chunks!.whole()) as FileHandle)
    await reader.open()
    if ((reader.schema as unknown) === undefined)
      throw new InvalidArgumentError('neither an Arrow IPC file nor an Arrow IPC stream')
    checkUnions(reader.schema)
    for await (const batch of reader as AsyncIterable<RecordBatch<T>>) yield batch
  } catch (error) {
    throw chunks !== undefined && error === chunks.failure ? error : located(where, error)
  } finally {
    await reader?.cancel()
    await chunks?.close()
    await file?.close()
  }
}

/** Throws for what apache-arrow would not notice. */
async function check(
  file: FileHandle | undefined,
  bytes: Uint8Array | undefined,
  chunks: Rewound | undefined,
): Promise<void> {
  if (chunks !== undefined) {
    const readAt: ReadAt = (position, length) => chunks.readAt(position, length)
    return (await isFile(readAt)) ? checkFile(readAt, await chunks.gather()) : checkStream(readAt)
  }
  const readAt = file ? readsFile(file) : readsBytes(bytes!)
  if (!(await isFile(readAt))) return checkStream(readAt)
  await checkFile(readAt, file ? (await file.stat()).size : bytes!.length)
}

/** An error of ours that names the source. apache-arrow says of damaged data only what went wrong inside itself. */
function located(where: string, error: unknown): QadsError {
  if (error instanceof QadsError) {
    const Same = error.constructor as new (message: string, options: ErrorOptions) => QadsError
    return new Same(`${where}: ${error.message}`, { cause: error })
  }
  const why = error instanceof Error ? error.message : String(error)
  return new CorruptError(`${where}: damaged or cut off: apache-arrow cannot read on (${why})`, {
    cause: error,
  })
}
