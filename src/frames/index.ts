export { count, first, last, max, mean, min, sum } from './aggregate.js'
export type {
  Aggregate,
  Aggregated,
  AggregateFunction,
  AggregateSpec,
  AggregateType,
  Reduced,
} from './aggregate.js'
export { AsofJoin, type AsofJoined, type AsofOptions } from './asof_join.js'
export { batchByteLength } from './byte_length.js'
export type { Cell, Cells, ColumnName, Decoded, Renamed } from './column_types.js'
export { concatBatches, copyBatch } from './concat.js'
export { filterRows } from './filter.js'
export { ColumnNotFoundError, ColumnTypeError, OutOfOrderError, OutOfRangeError } from './frame_error.js'
export { GroupAggregator, type GroupBy } from './group_aggregator.js'
export type { InferredColumns, InferredType } from './infer_schema.js'
export type { Joined, UnmatchedRows } from './joined_columns.js'
export { LatestJoin, type LatestOptions } from './latest_join.js'
export type { TimestampForm } from './plain_cells.js'
export { type BatchSize, Rebatcher } from './rebatch.js'
export { reduceColumns } from './reduce.js'
export { batchToRows, type PlainCell, type PlainRow, type RowOptions, rowsToBatch } from './rows.js'
export { dropColumns, renameColumns, selectColumns } from './select.js'
export { sliceRows } from './slice.js'
export { LagCounter, type LagStatistics, StreamCounter, type StreamStatistics } from './statistics.js'
export { takeRows } from './take.js'
export { type RawTime, type TimeWindow, TimeWindows } from './time_windows.js'
