import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'

import type { RecordBatch, TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import { InvalidArgumentError } from '../base/errors.js'
import {
  batchesOfPolars,
  checkMethods,
  isLazyFrame,
  isPolarsFrame,
  polars,
  type PolarsFrame,
} from '../core/polars/frames.js'
import { show, validateInteger } from '../base/validators.js'
import type { StreamOf } from './stream_of.js'

/** A polars LazyDataFrame, as far as it is needed here. */
export interface LazyPolarsFrame {
  /** Computes the frame. */
  collect(): Promise<PolarsFrame>
}

/** How a frame becomes batches. */
export interface FromPolarsOptions {
  /** Rows of a batch; the last may have fewer. Default 65536. */
  batchRows?: number
}

/** How a file becomes batches. */
export interface FromFileOptions extends FromPolarsOptions {
  /** Options for polars: of `pl.scanCSV` or `pl.scanParquet`. */
  polars?: Readonly<Record<string, unknown>>
}

const DEFAULT_BATCH_ROWS = 65_536
const MAX_BATCH_ROWS = 2 ** 31 - 1

/**
 * A polars DataFrame or LazyDataFrame as record batches. A lazy one is collected when the stream is first read; the whole result is in
 * memory then, and each batch is copied out of it when it is asked for.
 *
 * @example pipeline(fromPolars(pl.scanCSV('ticks.csv').filter(pl.col('price').gt(0))), createWritable('ticks'))
 */
export function fromPolars<T extends TypeMap = AnySchema>(
  frame: PolarsFrame | LazyPolarsFrame,
  options: FromPolarsOptions = {},
): StreamOf<RecordBatch<T>> {
  const { batchRows = DEFAULT_BATCH_ROWS } = options
  validateInteger(batchRows, 'options.batchRows', 1, MAX_BATCH_ROWS)
  if (!isPolarsFrame(frame) && !isLazyFrame(frame)) {
    throw new InvalidArgumentError(`frame must be a polars DataFrame or LazyDataFrame, got ${show(frame)}`)
  }
  return Readable.from(slices(frame, batchRows), { objectMode: true, highWaterMark: 1 })
}

/**
 * The rows of a CSV file (or of several, by a glob pattern), read by polars.
 * @throws PolarsMissingError
 */
export function fromCsv<T extends TypeMap = AnySchema>(
  path: string,
  options: FromFileOptions = {},
): StreamOf<RecordBatch<T>> {
  return fromPolars<T>(polars().scanCSV(path, { ...options.polars }), options)
}

/**
 * The rows of a Parquet file (or of several, by a glob pattern), read by polars.
 * @throws PolarsMissingError
 */
export function fromParquet<T extends TypeMap = AnySchema>(
  path: string,
  options: FromFileOptions = {},
): StreamOf<RecordBatch<T>> {
  return fromPolars<T>(polars().scanParquet(path, { ...options.polars }), options)
}

async function* slices(
  source: PolarsFrame | LazyPolarsFrame,
  batchRows: number,
): AsyncGenerator<RecordBatch, void, undefined> {
  const frame = isPolarsFrame(source) ? source : await source.collect()
  checkMethods(frame)
  // The rows are counted as they come: a column may hide `frame.height`.
  for (let offset = 0, full = true; full; offset += batchRows) {
    const batches = batchesOfPolars(frame.slice(offset, batchRows))
    const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0)
    full = rows === batchRows
    // Also one batch of an empty frame, whose schema readers may want.
    if (rows > 0 || offset === 0) yield* batches
    // Polars frees slices in finalizers, which only run when the event loop turns.
    await turn()
  }
}
