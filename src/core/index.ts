export {
  createReader,
  createWriter,
  inspectArena,
  listArenas,
  SharedMemoryArena,
  unlinkArena,
  type ArenaInfo,
} from './arena.js'
export type { ArenaBatch } from './batch_receiver.js'
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
} from './errors.js'
export { batchInfo, release, slotBytes, type BatchInfo } from './lease.js'
export type { Loan } from './loan.js'
export type {
  LeasePolicy,
  Loss,
  OnFull,
  ReaderOptions,
  Verify,
  WaitOptions,
  WriterOptions,
} from './options.js'
export type { PolarsDataFrame, PolarsFrame } from './polars.js'
export type { ArenaReader, ReaderStats } from './reader.js'
export type { IterateOptions } from './reader_iterator.js'
export {
  SharedDataFrame,
  type DataFrameReaderOptions,
  type SharedDataFrameReader,
} from './shared_data_frame.js'
export type { Writable } from './write_source.js'
export type { ArenaWriter, DrainOptions, FinishOptions, WriterStats } from './writer.js'
export * from './frames/index.js'
