import { createRequire } from 'node:module'

import { tableFromIPC, type RecordBatch } from 'apache-arrow'

import { encodeSlot } from '../../codec/encode.js'
import { InvalidArgumentError, PolarsMissingError } from '../../base/errors.js'
import { doubledName } from '../../frames/properties.js'
import { slotBytes } from '../reading/lease.js'

/** A polars DataFrame, as far as a writer needs it. */
export interface PolarsFrame {
  readonly width: number
  /** The same rows with one chunk a column. */
  rechunk(): PolarsFrame
  /** `length` rows from row `offset` on. */
  slice(offset: number, length: number): PolarsFrame
  /** The frame as an Arrow IPC file. */
  writeIPC(): Buffer
}

/** What a frame is known by. Only some of it is called here. */
const METHODS = ['hstack', 'rechunk', 'slice', 'writeIPC'] as const

/* eslint-disable @typescript-eslint/consistent-type-imports -- an import declaration would fail without the peer */
/**
 * A polars DataFrame. Without nodejs-polars the compiler cannot know the type, which must not stop programs that do not use it.
 * @ts-ignore
 */
export type PolarsDataFrame = import('nodejs-polars').DataFrame

type Polars = typeof import('nodejs-polars')
/* eslint-enable @typescript-eslint/consistent-type-imports */

let loaded: Polars | undefined

/** nodejs-polars, an optional peer. */
export function polars(): Polars {
  loaded ??= load()
  return loaded
}

function load(): Polars {
  try {
    return createRequire(import.meta.url)('nodejs-polars') as Polars
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause)
    throw new PolarsMissingError(
      `reading DataFrames needs nodejs-polars, which cannot be loaded (${why}): \`npm install nodejs-polars\`; on Node 20 ` +
        '`npm install nodejs-polars@0.24`, because later versions have no binary for it. Without polars, read record ' +
        'batches with createReader()',
      { cause },
    )
  }
}

export function isPolarsFrame(value: unknown): value is PolarsFrame {
  if (typeof value !== 'object' || value === null) return false
  // A frame is a Proxy that answers `in` with its column names, and a column hides the method of its name.
  const methods = METHODS.filter((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  return methods.length >= METHODS.length / 2
}

/** Throws where a column hides a method that is about to be called. There is no other way to a method of a frame. */
export function checkMethods(frame: PolarsFrame): void {
  for (const name of ['rechunk', 'slice', 'writeIPC'] as const) {
    if (typeof frame[name] !== 'function') {
      throw new InvalidArgumentError(
        `the DataFrame has a column "${name}", which hides its method of that name: rename the column first`,
      )
    }
  }
}

export function isLazyFrame(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'collect' in value && 'collectSync' in value
}

/**
 * The DataFrame as one record batch. Polars gives its memory away only as a copy, in IPC form; its file format is several
 * times faster than its stream format. What apache-arrow then makes of the copy is views of it.
 */
export function batchesOfPolars(frame: PolarsFrame): readonly RecordBatch[] {
  checkMethods(frame)
  const whole = tableFromIPC(frame.writeIPC())
  if (whole.batches.length === 1) return whole.batches
  // One frame written is one frame read: chunks are joined first.
  return tableFromIPC(frame.rechunk().writeIPC()).batches
}

/** A DataFrame with a copy of the batch's values. */
export function polarsOfBatch(batch: RecordBatch): PolarsDataFrame {
  const doubled = doubledName(batch.schema.names as string[])
  if (doubled !== undefined) {
    throw new InvalidArgumentError(
      `the batch has two columns "${doubled}", and a DataFrame has one of a name: read it with createReader(), or give them different ` +
        'names where they are made',
    )
  }
  const bytes = slotBytes(batch) ?? encodeSlot(batch)
  return polars().readIPC(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}
