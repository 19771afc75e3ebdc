import type { RecordBatch } from 'apache-arrow'

/** A way for record batches from this process to another one. */
export interface Channel {
  /** Milliseconds until the other process has used `count` copies of the batch. */
  round(batch: RecordBatch, count: number): Promise<number>
  close(): Promise<void>
}
