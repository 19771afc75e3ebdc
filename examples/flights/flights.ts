/** What producer and consumer of the flights demo agree on. */
export const ROWS_PER_BATCH = 100_000

/** One row of the result. */
export interface OriginDelay {
  origin: string
  flights: number
  meanDelay: number
}

/** What a child process tells the parent. */
export type Report =
  | { kind: 'truth'; rows: OriginDelay[]; flights: number; origins: number }
  | {
      kind: 'result'
      rows: OriginDelay[]
      flights: number
      batches: number
      bytes: number
      bytesCopied: number
      seconds: number
    }
