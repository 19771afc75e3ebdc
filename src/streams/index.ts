export { type BatchStream, BatchTransform, type Step } from './batch_transform.js'
export { dropColumns } from './drop_columns.js'
export { filterRows } from './filter_rows.js'
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
export { limitRows } from './limit_rows.js'
export type { StreamOptions } from './options.js'
export { ArenaReadable, type ArenaReadableOptions, createReadable } from './readable.js'

export { rebatch } from './rebatch.js'
export { renameColumns } from './rename_columns.js'
export { fromRows, type FromRowsOptions, toRows } from './rows.js'
export { selectColumns } from './select_columns.js'
export { type BatchStage, sliceRows } from './slice_rows.js'
export type { StreamOf } from './stream_of.js'
export { type Tap, tap, type TapStats } from './tap.js'
export { toIpc, type ToIpcOptions } from './to_ipc.js'
export { ArenaWritable, type ArenaWritableOptions, createWritable } from './writable.js'
