export {
  createReader,
  createWriter,
  inspectArena,
  listArenas,
  SharedMemoryArena,
  unlinkArena,
  type ArenaInfo,
} from './core/arena.js'
export type { ArenaBatch } from './core/reading/batch_receiver.js'
export {
  AbortedError,
  BatchTooLargeError,
  ClosedError,
  CorruptError,
  ForkedError,
  FullError,
  IncompatibleError,
  InvalidArgumentError,
  NameInvalidError,
  NoSpaceError,
  NotAnArenaError,
  NotFoundError,
  PermissionError,
  PolarsMissingError,
  QadsError,
  ReleasedError,
  SchemaMismatchError,
  SystemError,
  TimedOutError,
  TooManyReadersError,
  WriterAbortedError,
  WriterDiedError,
  WriterExistsError,
  type QadsErrorCode,
} from './base/errors.js'
export { batchInfo, release, slotBytes, type BatchInfo } from './core/reading/lease.js'
export type { Loan } from './core/writing/loan.js'
export type { LeasePolicy, Loss, OnFull, ReaderOptions, Verify, WriterOptions } from './core/options.js'
export type { WaitOptions } from './base/wait_options.js'
export type { PolarsDataFrame, PolarsFrame } from './core/polars/frames.js'
export type { ArenaReader, ReaderStats } from './core/reading/reader.js'
export type { IterateOptions } from './core/reading/iterator.js'
export {
  SharedDataFrame,
  type DataFrameReaderOptions,
  type SharedDataFrameReader,
} from './core/shared_data_frame.js'
export type { Writable } from './core/writing/write_source.js'
export type { ArenaWriter, DrainOptions, FinishOptions, WriterStats } from './core/writing/writer.js'
export * from './frames/index.js'
