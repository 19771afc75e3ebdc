import type { RecordBatch } from 'apache-arrow'
import { batchByteLength } from './byte_length.js'

/** What has passed a point of a stream. */
export interface StreamStatistics {
  readonly batches: number
  readonly rows: number
  /** Bytes of the rows, as `batchByteLength` counts them. */
  readonly bytes: number
  /** Seconds since the count began. */
  readonly seconds: number
  readonly batchesPerSecond: number
  readonly rowsPerSecond: number
  readonly bytesPerSecond: number
}

/** Counts batches, rows and bytes against a clock of milliseconds. */
export class StreamCounter {
  private batches = 0
  private rows = 0
  private bytes = 0
  private since: number

  constructor(private readonly now: () => number = () => performance.now()) {
    this.since = now()
  }

  /** Counts a batch that passes. */
  add(batch: RecordBatch): void {
    this.batches++
    this.rows += batch.numRows
    this.bytes += batchByteLength(batch)
  }

  /** What was counted so far. Rates are 0 while no time has passed. */
  read(): StreamStatistics {
    const { batches, rows, bytes } = this
    const seconds = (this.now() - this.since) / 1000
    const rate = (amount: number) => (seconds > 0 ? amount / seconds : 0)
    return {
      batches,
      rows,
      bytes,
      seconds,
      batchesPerSecond: rate(batches),
      rowsPerSecond: rate(rows),
      bytesPerSecond: rate(bytes),
    }
  }

  /** Reads, and starts to count from 0. */
  take(): StreamStatistics {
    const statistics = this.read()
    this.batches = 0
    this.rows = 0
    this.bytes = 0
    this.since = this.now()
    return statistics
  }
}

/** How late batches are when they are received. */
export interface LagStatistics {
  readonly batches: number
  /** Milliseconds from the commit of the writer to the reader, over the batches counted. 0 when there were none. */
  readonly meanMs: number
  readonly maxMs: number
  /** The same of the last batch. */
  readonly lastMs: number
  /** Sequence of the last batch. */
  readonly lastSequence: number | undefined
  /** Batches lost before those counted. */
  readonly lost: number
}

/** What is known of where a batch came from. */
export interface CommittedBatch {
  readonly sequence: number
  /** Milliseconds since the epoch. */
  readonly commitTime: number
  readonly lost: { readonly count: number } | null
}

/** Measures the age of batches against a clock of milliseconds since the epoch. */
export class LagCounter {
  private batches = 0
  private totalMs = 0
  private maxMs = 0
  private lastMs = 0
  private lastSequence: number | undefined
  private lost = 0

  constructor(private readonly now: () => number = () => performance.timeOrigin + performance.now()) {}

  /** Counts a batch that came just now. */
  add(info: CommittedBatch): void {
    // The writer's clock is this machine's, but is set now and then: never report that a batch came before it was sent.
    const age = Math.max(0, this.now() - info.commitTime)
    this.batches++
    this.totalMs += age
    this.maxMs = Math.max(this.maxMs, age)
    this.lastMs = age
    this.lastSequence = info.sequence
    this.lost += info.lost?.count ?? 0
  }

  /** What was counted so far. */
  read(): LagStatistics {
    const { batches, maxMs, lastMs, lastSequence, lost } = this
    return { batches, meanMs: batches > 0 ? this.totalMs / batches : 0, maxMs, lastMs, lastSequence, lost }
  }

  /** Reads, and starts to count from 0. */
  take(): LagStatistics {
    const statistics = this.read()
    this.batches = 0
    this.totalMs = 0
    this.maxMs = 0
    this.lost = 0
    return statistics
  }
}
