import Module from 'node:module'

import { createReader, createWriter, type QadsError, SharedDataFrame } from 'qadataswap'

import { numberBatch } from '../support/batches.js'
import type { Parent } from '../support/child_process.js'

export async function writeFrames({
  name,
  count,
  rows,
}: {
  name: string
  count: number
  rows: number
}): Promise<void> {
  const { default: pl } = await import('nodejs-polars')
  const writer = SharedDataFrame.createWriter(name, { sizeMb: 1 })
  for (let i = 0; i < count; i++) {
    const ids = Array.from({ length: rows }, (_, row) => i + row)
    await writer.write(pl.DataFrame({ id: pl.Series('id', ids, pl.Float64) }))
  }
  await writer.finish()
}

/** As on a machine where the optional peer was not installed. */
export async function withoutPolars({ name }: { name: string }, parent: Parent): Promise<void> {
  const loader = Module as unknown as { _resolveFilename: (request: string, ...rest: unknown[]) => string }
  const resolve = loader._resolveFilename
  loader._resolveFilename = (request, ...rest) => {
    if (request !== 'nodejs-polars') return resolve(request, ...rest)
    throw Object.assign(new Error("Cannot find module 'nodejs-polars'"), { code: 'MODULE_NOT_FOUND' })
  }
  using writer = createWriter(name, { sizeMb: 1 })
  using reader = createReader(name)
  await writer.write(numberBatch(0))
  const batch = (await reader.read())!
  try {
    SharedDataFrame.createReader(name)
  } catch (error) {
    const { code, message } = error as QadsError
    parent.report({ code, message, rows: batch.numRows })
  }
}
