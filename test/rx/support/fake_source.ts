import { RecordBatch } from 'apache-arrow'
import { rowsToBatch } from 'qadataswap'
import type { BatchSource } from 'qadataswap/rx'

/** The batch with the number `n` in a column of that name. */
export function numbered(n: number): RecordBatch {
  return rowsToBatch([{ n }])
}

export function numberOf(batch: RecordBatch): number {
  return batch.getChild('n')!.get(0) as number
}

/** A source in this process of which a test says when there is something to read, and that tells what was done with it. */
export class ListSource implements BatchSource {
  readonly name = 'list'
  readonly log: string[] = []
  closed = 0
  /** Batches taken out. */
  taken = 0
  private readonly ready: (RecordBatch | Error | null)[] = []
  private waiter:
    { resolve: (batch: RecordBatch | null) => void; reject: (error: unknown) => void } | undefined

  constructor(count = 0) {
    for (let n = 0; n < count; n++) this.push(numbered(n))
  }

  /** Adds a batch, the end (null) or a failure. */
  push(...items: (RecordBatch | Error | null)[]): this {
    this.ready.push(...items)
    const { waiter } = this
    if (waiter === undefined) return this
    this.waiter = undefined
    try {
      waiter.resolve(this.take()!)
    } catch (error) {
      waiter.reject(error)
    }
    return this
  }

  get isWaiting(): boolean {
    return this.waiter !== undefined
  }

  tryRead(): RecordBatch | null | undefined {
    return this.take()
  }

  read({ signal }: { signal: AbortSignal }): Promise<RecordBatch | null> {
    return new Promise((resolve, reject) => {
      this.waiter = { resolve, reject }
      signal.addEventListener('abort', () => {
        this.waiter = undefined
        this.log.push('wait aborted')
        reject(new Error('aborted'))
      })
    })
  }

  close(): void {
    this.closed++
    this.log.push('closed')
  }

  private take(): RecordBatch | null | undefined {
    if (this.ready.length === 0) return undefined
    const item = this.ready.shift()!
    if (item instanceof Error) throw item
    if (item instanceof RecordBatch) this.taken++
    return item
  }
}
