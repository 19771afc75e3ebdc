/**
 * The types of the native addon: one call a batch each way, numbers through preallocated arrays.
 * Everything that touches shared memory is behind this file; TypeScript never computes an offset of the layout.
 */

/** What `tryAcquire`/`acquireSync` return. Anything else is thrown as an error with a `code`. */
export const Acquired = {
  /** Nothing ready. */
  Empty: 0,
  /** A small batch was copied into the slab at the given offset; it needs no release. */
  Copied: 1,
  /** A batch is leased in place; `lease()` shows its bytes. */
  Leased: 2,
  /** The writer ended the arena and everything was read. */
  Ended: 3,
  /** The batch is small, but larger than what is left of the slab: ask again with another one. */
  NeedSlab: 4,
  /** The layout array is too short (`info[Info.Needed]` words are needed): bind a longer one and ask again. */
  NeedLayout: 5,
  /** Nothing ready, and the writer lacks the space of a batch that is leased here. */
  Wanted: 6,
} as const

/** Indices of the `info` array that describes the batch last acquired. */
export const Info = {
  Sequence: 0,
  Rows: 1,
  Length: 2,
  /** When the writer committed, in milliseconds since the epoch (fractions are kept). */
  CommitTimeMs: 3,
  /** First sequence lost to drop-oldest just before this batch, and how many (0: none). */
  LostFirst: 4,
  LostCount: 5,
  /** Identifies the lease to `release`. */
  LeaseId: 6,
  /** Words or bytes needed, after NeedLayout and NeedSlab. */
  Needed: 7,
  FingerprintLow: 8,
  FingerprintHigh: 9,
  /** A number that stands for exactly these schema bytes, for this reader: a safe key for what was parsed of them. */
  SchemaId: 10,
  /** The same for the layout words, which need not be looked at again then; 0 for words that may not come again. */
  LayoutId: 11,
  /** 1 when the writer lacks the space of a batch that was leased here before this one. */
  HoldsWanted: 12,
  /** ArrayBuffers of leases given back that wait for a turn of the event loop to be freed, a few hundred bytes each. */
  Unfinalized: 13,
} as const
export const INFO_WORDS = 16

/** What `tryClaim`/`claimSync` return when not an offset into `ring()`. */
export const Claimed = {
  /** No space now: wait (block), or evacuation is under way (drop-oldest). */
  WouldBlock: -1,
  /** The ring is full and the arena drops the newest batch. */
  Dropped: -2,
} as const

export interface NativeWriterOptions {
  capacity: number
  slots: number
  maxReaders: number
  onFull: 0 | 1 | 2 | 3
  mode: number
  oneSchema: boolean
  spinMicros: number
}

export interface NativeReaderOptions {
  /** -1: earliest; -2: latest; else a sequence. */
  from: number
  spinMicros: number
  /** 0: values where others can write; 1: metadata; 2: values. */
  verify: 0 | 1 | 2
}

export const VERIFIES_VALUES = 2

/** A FIFO that peers ring to wake this event loop; `fd` is read by a socket that owns it. */
export interface NativeBell {
  readonly number: number
  readonly fd: number
  /** Removes the FIFO's name; the descriptor belongs to the socket. */
  close(): void
}

/** Its calls of every batch are functions of the module, by `number`. */
export interface NativeWriter {
  readonly number: number
  readonly name: string
  readonly generation: number
  readonly capacity: number
  readonly leaseThreshold: number
  /** Shows a part of the ring, which is mapped twice back to back and which offsets of claims index. Detached by `close`. */
  ring(offset: number, length: number): ArrayBuffer
  abortClaim(): void
  /** Like `armSpace`, for "everything was read": true while some attached reader has not read all, or none ever came. */
  armDrained(bell: number, needReader: boolean): boolean
  /** True while no reader ever attached: wait for the bell, then ask again. */
  armReader(bell: number): boolean
  /** Marks the clean end. Idempotent. */
  end(): void
  abort(reason: string): void
  /** Unread batches may go with this writer without the warning that tells of it. */
  acceptLoss(): void
  /** Ends the arena if it is open, and detaches; removes the name when no reader is attached. Idempotent. */
  close(): void
  /** Like `close`, but aborts the arena if it is open. */
  drop(): void
  stats(): NativeWriterStats
}

export interface NativeWriterStats {
  batches: number
  bytes: number
  droppedNewest: number
  droppedOldest: number
  waits: number
  waitMs: number
  reapedReaders: number
  evictions: number
  /** Readers attached. */
  readers: number
  /** Readers that ever attached. */
  joins: number
  /** Batches that some attached reader has not read yet (with no reader: that nobody has read). */
  unread: number
  /** Batches that occupy the ring, history included. */
  inRing: number
}

/** Its calls of every batch are functions of the module, by `number`. */
export interface NativeReader {
  readonly number: number
  readonly name: string
  readonly generation: number
  readonly capacity: number
  readonly leaseThreshold: number
  /** 1: metadata; 2: values too. */
  readonly verifies: 1 | 2
  /** The arrays stay referenced and must not be detached while bound. */
  bind(info: Float64Array, layout: Float64Array): void
  /**
   * Shows bytes of the batch last acquired as Leased, or of another lease that is held. The lease is given back when all
   * that was shown of it is garbage, if `release` did not do it.
   */
  lease(leaseId: number, offset: number, length: number): ArrayBuffer
  /** Copies the whole batch, which must not have been shown, and gives the lease back. */
  copyLease(leaseId: number, target: Uint8Array): void
  /**
   * Detaches all that was shown of the lease, and gives it back; where the program has transferred some of that, when that
   * is garbage. False if it was given back before.
   */
  release(leaseId: number, ...buffers: readonly ArrayBuffer[]): boolean
  /** A copy of the messages of the batch last acquired without their bodies, as they were verified. */
  messages(): Uint8Array
  /** From here on, or no more, `look` finds what was shown. Until then what was shown is kept. */
  watch(on: boolean): void
  /**
   * Gives back the leases of which all is garbage, without a turn of the event loop: of those that were shown since the last
   * looks, or of `all` that are watched. Bytes of those that are left.
   * @param collect Collects garbage.
   */
  look(collect: () => void, all: boolean): number
  /** Published sequence minus cursor. */
  lag(): number
  /** Detaches. Leases stay valid and are given back by their finalizers. Idempotent. */
  close(): void
  stats(): NativeReaderStats
}

export interface NativeReaderStats {
  batches: number
  bytes: number
  bytesCopied: number
  lost: number
  waits: number
  evacuations: number
  /** Bytes of private memory that hold evacuated leases now. */
  privateBytes: number
  leases: number
  cursor: number
}

export interface NativeArenaInfo {
  name: string
  generation: number
  createdMs: number
  totalBytes: number
  capacity: number
  slots: number
  maxReaders: number
  onFull: number
  mode: number
  oneSchema: boolean
  leaseThreshold: number
  state: 'open' | 'ended' | 'aborted'
  abortReason: string | null
  writerAlive: boolean
  writerPid: number
  published: number
  oldest: number
  batches: number
  bytes: number
  droppedNewest: number
  droppedOldest: number
  reapedReaders: number
  readers: NativeReaderInfo[]
}

export interface NativeReaderInfo {
  index: number
  pid: number
  alive: boolean
  state: 'joining' | 'live' | 'leaving'
  cursor: number
  lag: number
  /** Lowest leased sequence, or -1. */
  pin: number
  batches: number
  bytes: number
  bytesCopied: number
  lost: number
  evacuations: number
  privateBytes: number
  waiting: boolean
}

export interface NativeModule {
  createWriter(name: string, options: NativeWriterOptions): NativeWriter
  attachReader(name: string, options: NativeReaderOptions): NativeReader
  createBell(): NativeBell

  // The calls of every batch. Readers, writers and bells are given by their `number`, and must be referenced meanwhile: to
  // find the object behind `this` takes longer than some of these calls.

  tryClaim(writer: number, bytes: number): number
  /** Blocks this thread; -1 after the time-out. A negative time-out waits for ever. */
  claimSync(writer: number, bytes: number, timeoutMs: number): number
  /**
   * Copies typed arrays into the claim, each to the offset of `ring()` before it: for many bytes, which it writes around the
   * processor's caches. The reader's processor fetches them from memory sooner than out of this one's cache.
   */
  copy(writer: number, ...offsetsAndSources: (number | ArrayBufferView)[]): void
  /** Publishes the claim (or its first `bytes`). Returns the sequence. The schema's fingerprint is computed natively. */
  commit(writer: number, bytes: number, rows: number): number
  /**
   * Asks readers to ring `bell` when the claim that would block may succeed. True: wait for the bell, then claim again;
   * false: space came meanwhile, claim again at once.
   */
  armSpace(writer: number, bell: number): boolean
  disarmWriter(writer: number): void
  /** A small batch is copied to `slabOffset` of the slab, if it fits there. */
  tryAcquire(reader: number, slab: ArrayBuffer, slabOffset: number): number
  /** Blocks this thread; Empty after the time-out. A negative time-out waits for ever. */
  acquireSync(reader: number, slab: ArrayBuffer, slabOffset: number, timeoutMs: number): number
  /** True: nothing ready, the writer rings `bell` at the next event; false: ask again at once. */
  armBatch(reader: number, bell: number): boolean
  disarmReader(reader: number): void

  listArenas(): string[]
  inspectArena(name: string): NativeArenaInfo
  /** Removes the name. False if there was none. Parties that are attached go on. */
  unlinkArena(name: string): boolean
  /**
   * In what the columns of two schemas differ, in words; empty when they do not. Each is given by the beginning of a slot, up to the end
   * of its schema message.
   */
  schemaDifference(expected: Uint8Array, actual: Uint8Array): string
  /** Why every reader refuses slots that begin so, up to the end of the schema message; null when none does. */
  schemaRefusal(head: Uint8Array): string | null
  /** The layout words of a slot (see codec/layout), or throws ERR_QADS_CORRUPT: for tests and tools. */
  verifySlot(bytes: Uint8Array): Float64Array
}
