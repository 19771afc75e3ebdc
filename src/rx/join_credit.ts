import { type Credit, creditOf } from './credit.js'
import type { RawTime } from '../frames/time_windows.js'

interface Waiting<B> {
  readonly batch: B
  readonly since: number
  readonly credit: Credit | undefined
  readonly release: (() => void) | undefined
}

/** The batches of the left side of a join, in order, each with its credit held until it is emitted. */
export class LeftQueue<B> {
  private readonly queue: Waiting<B>[] = []
  private ended = false

  constructor(
    private readonly operator: string,
    private readonly emit: (batch: B) => void,
  ) {}

  get first(): B | undefined {
    return this.queue[0]?.batch
  }

  /** When the first came. */
  get since(): number | undefined {
    return this.queue[0]?.since
  }

  /** Whether the left side is over and all of it emitted. */
  get isDone(): boolean {
    return this.ended && this.queue.length === 0
  }

  push(batch: B, now: number): void {
    const credit = creditOf(batch)
    this.queue.push({ batch, since: now, credit, release: credit?.hold(this.operator) })
  }

  end(): void {
    this.ended = true
  }

  /** Emits the first batch: what is made of it carries its credit. */
  emitFirst(): void {
    const { batch, credit, release } = this.queue.shift()!
    try {
      if (credit === undefined) this.emit(batch)
      else credit.run(() => this.emit(batch))
    } finally {
      release?.()
    }
  }

  releaseAll(): void {
    for (const { release } of this.queue.splice(0)) release?.()
  }
}

/** Holds on the credit of right batches that are ahead of the left side, by the time of their last row. */
export class AheadHolds {
  private holds: { readonly until: RawTime; readonly release: () => void }[] = []

  constructor(private readonly operator: string) {}

  hold(batch: unknown, until: RawTime | undefined): void {
    const release = creditOf(batch)?.hold(this.operator)
    if (release !== undefined && until !== undefined) this.holds.push({ until, release })
  }

  /** Gives back those that the left side has reached. */
  releaseUpTo(time: RawTime | undefined): void {
    if (time === undefined) return
    while (this.holds.length > 0 && this.holds[0]!.until <= time) this.holds.shift()!.release()
  }

  releaseAll(): void {
    const { holds } = this
    this.holds = []
    for (const { release } of holds) release()
  }
}
