import type { Schema } from 'apache-arrow'

import { InvalidArgumentError } from '../base/errors.js'
import { isSchema } from '../frames/adopt.js'
import type { NativeReaderOptions, NativeWriterOptions } from '../native/addon.js'
import { leaseHere } from '../native/runtime.js'
import {
  show,
  validateBoolean,
  validateDuration,
  validateFunction,
  validateInteger,
  validateObject,
  validateOneOf,
  validatePositive,
} from '../base/validators.js'

/**
 * What a writer does when the ring is full.
 * - `block`: it waits for the slowest reader; nothing is lost, also before the first reader came.
 * - `drop-oldest`: unread batches of slow readers go; each reader is told exactly which it lost.
 * - `drop-newest`: the new batch is not written, and counted.
 * - `error`: the write fails with `ERR_QADS_FULL`.
 */
export type OnFull = (typeof ON_FULL)[number]
export const ON_FULL = ['block', 'drop-oldest', 'drop-newest', 'error'] as const

/**
 * How long a reader keeps a batch.
 * - `gc`: as long as the program refers to it, or until `release(batch)`.
 * - `scoped`: until the next batch is asked for; then it is released.
 * - `copy`: it is copied to private memory when it is read, so the ring has its space back at once. In Deno always.
 */
export type LeasePolicy = (typeof LEASE_POLICIES)[number]
export const LEASE_POLICIES = ['gc', 'scoped', 'copy'] as const

/**
 * What a reader verifies of a batch before it shows it.
 * - `metadata`: every number of the metadata: nothing leads outside of the batch.
 * - `values`: besides every value that leads somewhere, and UTF-8: offsets, views, dictionary indices, type ids, run ends,
 *   null counts. Takes a pass over those buffers.
 */
export type Verify = (typeof VERIFY)[number]
export const VERIFY = ['metadata', 'values'] as const

/** How an arena is made. */
export interface WriterOptions {
  /** Size of the data ring in MiB (2^20 bytes), rounded up to whole pages. Default 64. */
  sizeMb?: number
  /** Slots: how many batches may be in the ring at once, 2 to 1048576. Default 1024. */
  bufferCount?: number
  /** Readers that may be attached at once, 1 to 512. Default 32. */
  maxReaders?: number
  /** Default `block`. */
  onFull?: OnFull
  /**
   * Permission bits of the segment. Default 0o600: this user only. A group (0o660), or everybody, may read and write, or
   * neither: readers write too.
   */
  mode?: number
  /** Microseconds that a blocking call spins before it sleeps, up to 1000000. Default 0. */
  spinMicros?: number
  /**
   * Refuse a batch whose columns differ from those of the first one in name, order, type or nullability. Metadata may differ (but for the
   * names of extension types), and so may the numbers of dictionaries. Default false; true when `schema` is given.
   */
  oneSchema?: boolean
  /** The only schema that the arena may carry, as `oneSchema` compares them. */
  schema?: Schema
}

/** Batches that a slow reader of a `drop-oldest` arena did not get: sequences `first` to `first + count - 1`. */
export interface Loss {
  first: number
  count: number
}

/** How a reader attaches, and what it is told. */
export interface ReaderOptions {
  /** Where to start: what is still in the ring (`earliest`, the default), new batches only (`latest`), or a sequence. */
  from?: 'earliest' | 'latest' | number
  /** Milliseconds that the first read waits for an arena that does not exist yet. Default 0; `Infinity` waits for ever. */
  waitMs?: number
  /** Microseconds that `readSync` spins before it sleeps, up to 1000000. Default 0. */
  spinMicros?: number
  /** Default `gc`. */
  lease?: LeasePolicy
  /** Default: `values` where another user made the arena or may write to it, else `metadata`. */
  verify?: Verify
  /** Told of each loss before the batch that follows it is delivered. The batch's info and `stats().lost` have it too. */
  onLoss?: (loss: Loss) => void
}

const MEBI = 2 ** 20
const MAX_SIZE_MB = 2 ** 20
const MAX_SLOTS = 2 ** 20
const MAX_READERS = 512
const MAX_SPIN_MICROS = 1_000_000

export function writerOptions(options: WriterOptions = {}): NativeWriterOptions {
  validateObject(options, 'options')
  const {
    sizeMb = 64,
    bufferCount = 1024,
    maxReaders = 32,
    onFull = 'block',
    mode = 0o600,
    spinMicros = 0,
  } = options
  const { schema, oneSchema = schema !== undefined } = options
  validatePositive(sizeMb, 'options.sizeMb', MAX_SIZE_MB)
  validateInteger(bufferCount, 'options.bufferCount', 2, MAX_SLOTS)
  validateInteger(maxReaders, 'options.maxReaders', 1, MAX_READERS)
  validateOneOf(onFull, 'options.onFull', ON_FULL)
  validateInteger(mode, 'options.mode', 0, 0o777)
  validateInteger(spinMicros, 'options.spinMicros', 0, MAX_SPIN_MICROS)
  validateBoolean(oneSchema, 'options.oneSchema')
  if (schema !== undefined && !isSchema(schema)) {
    throw new InvalidArgumentError(`options.schema must be an apache-arrow Schema, got ${show(schema)}`)
  }
  if (schema !== undefined && !oneSchema) {
    throw new InvalidArgumentError('options.schema fixes the schema, so options.oneSchema cannot be false')
  }
  return {
    capacity: Math.ceil(sizeMb * MEBI),
    slots: bufferCount,
    maxReaders,
    onFull: ON_FULL.indexOf(onFull) as 0 | 1 | 2 | 3,
    mode,
    oneSchema,
    spinMicros,
  }
}

export interface CheckedReaderOptions {
  native: NativeReaderOptions
  waitMs: number
  lease: LeasePolicy
  verify: Verify | undefined
  onLoss: ((loss: Loss) => void) | undefined
}

const EARLIEST = -1
const LATEST = -2

export function readerOptions(options: ReaderOptions = {}): CheckedReaderOptions {
  validateObject(options, 'options')
  const { from = 'earliest', waitMs = 0, spinMicros = 0, lease = 'gc', verify, onLoss } = options
  if (from !== 'earliest' && from !== 'latest' && !(Number.isSafeInteger(from) && from >= 0)) {
    throw new InvalidArgumentError(
      `options.from must be 'earliest', 'latest' or a sequence (a whole number, 0 or more), got ${show(from)}`,
    )
  }
  validateDuration(waitMs, 'options.waitMs')
  validateInteger(spinMicros, 'options.spinMicros', 0, MAX_SPIN_MICROS)
  validateOneOf(lease, 'options.lease', LEASE_POLICIES)
  if (verify !== undefined) validateOneOf(verify, 'options.verify', VERIFY)
  if (onLoss !== undefined) validateFunction(onLoss, 'options.onLoss')
  const start = from === 'earliest' ? EARLIEST : from === 'latest' ? LATEST : from
  return {
    native: { from: start, spinMicros, verify: verifyNumber(verify) },
    waitMs,
    lease: leaseHere(lease),
    verify,
    onLoss,
  }
}

function verifyNumber(verify: Verify | undefined): 0 | 1 | 2 {
  if (verify === undefined) return 0
  return verify === 'metadata' ? 1 : 2
}
