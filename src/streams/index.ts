export { type BatchStream, BatchTransform, type Step } from './batch_transform.js'
export { filter } from './filter.js'
export { fromIpc, type IpcSource } from './from_ipc.js'
export {
  fromCsv,
  type FromFileOptions,
  fromParquet,
  fromPolars,
  type FromPolarsOptions,
  type LazyPolarsFrame,
} from './from_polars.js'
export type { IpcFormat } from './ipc_joiner.js'
export type { StreamOptions } from './options.js'
export { ArenaReadable, type ArenaReadableOptions, createReadable } from './readable.js'

export { rebatch } from './rebatch.js'
export { rename } from './rename.js'
export { fromRows, type FromRowsOptions, toRows } from './rows.js'
export { drop, select } from './select.js'
export { type BatchStage, slice, takeRows } from './slice.js'
export type { StreamOf } from './stream_of.js'
export { type Tap, tap, type TapStats } from './tap.js'
export { toIpc, type ToIpcOptions } from './to_ipc.js'
export { ArenaWritable, type ArenaWritableOptions, createWritable } from './writable.js'
