import type { Subscriber } from 'rxjs'

/**
 * Back-pressure for RxJS, which has none.
 *
 * A source that reads an arena hands out at most `maxInFlight` batches that are not finished. Each is handed out with a credit. The
 * source emits synchronously, and takes the credit back when `next` returns, unless somebody took a hold on it in the
 * meantime; then it takes it back when the last hold is released. With no credit left the source reads nothing, the ring fills up,
 * and the writer's `write()` waits, in whichever process that is.
 *
 * - A synchronous chain needs nothing: by the time `next` returns, it is done with the batch.
 * - An operator that goes on with a batch later holds its credit until then. Those of this library do (`concatMapBatch`,
 *   `mergeMapBatch`, `switchMapBatch`, `toArena`, …), and give it back on completion, on error and on unsubscription. Operators
 *   of others can, with `holdCredit`.
 * - Whose credit a value has: that with which it was held before, as long as it is held; otherwise that of the batch whose emission
 *   is under way. So whatever a chain makes of a batch, `map(midPrice)` included, carries its credit for as long as it
 *   travels synchronously, and operators that emit later do so on behalf of the batch that they held.
 * - Operators that keep rows for later output (`rebatchRows`, `groupAggregate`, …) copy them and do not hold the credit: waiting for
 *   more input with all credits held would wait for ever. An output carries the credit of the batch that completed it. Where a
 *   timer or a notifier completes it (`rebatchTime`, some windows), there is no such batch; there, as long as an output is
 *   unfinished, the credit of what comes in is held. Either way a slow consumer of outputs slows the writer.
 * - `asofJoin` and `withLatestByKey` hold the credit of a left batch until it is joined. Right batches are copied; see there.
 * - RxJS's own asynchronous operators (`delay`, `observeOn`, `bufferTime`, `concatMap` to something asynchronous, …) return at once
 *   and queue without bound: behind them a chain counts as finished. Nothing is lost, but nothing is slowed down either.
 */
export abstract class Credit {
  /** The emission itself holds the credit first. */
  private holds = 1
  private holders: string[] | undefined

  /** The last hold was released. */
  protected abstract returned(): void

  /** Whether the credit went back: nobody works on what it was given with. */
  get isReturned(): boolean {
    return this.holds === 0
  }

  /** The names of those who hold it, for messages. */
  get heldBy(): readonly string[] {
    return this.holders ?? []
  }

  /** Keeps the credit from going back until the function that this gives is called. */
  hold(holder: string): () => void {
    this.holds++
    const holders = (this.holders ??= [])
    holders.push(holder)
    let released = false
    return () => {
      if (released) return
      released = true
      holders.splice(holders.indexOf(holder), 1)
      this.drop()
    }
  }

  /**
   * Emits a value with this credit: a hold on it, or on anything made of it meanwhile, holds this credit. Then drops the
   * emission's own hold. For the first and only emission of a credit.
   */
  emit<V>(subscriber: Subscriber<V>, value: V): void {
    const outer = enter(this)
    try {
      subscriber.next(value)
    } finally {
      leave(outer)
      this.drop()
    }
  }

  /** Calls `emission`; what it emits carries this credit. */
  run(emission: () => void): void {
    const outer = enter(this)
    try {
      emission()
    } finally {
      leave(outer)
    }
  }

  private drop(): void {
    if (--this.holds === 0) this.returned()
  }
}

/** The credit of the batch whose emission is under way. Emission is synchronous, so it is a matter of the call stack. */
let current: Credit | undefined

function enter(credit: Credit): Credit | undefined {
  const outer = current
  current = credit
  return outer
}

function leave(outer: Credit | undefined): void {
  current = outer
}

/**
 * The credits of values that may be emitted again when no emission of their source is under way. Only such values are in here: an entry
 * costs more than the rest of an emission.
 */
const credits = new WeakMap<object, Credit>()

const nothing = (): void => undefined

/** The credit that a value carries; undefined when it has none that could be held. */
export function creditOf(value: unknown): Credit | undefined {
  const found = isObject(value) ? credits.get(value) : undefined
  if (found !== undefined && !found.isReturned) return found
  return current?.isReturned === false ? current : undefined
}

/**
 * Keeps the credit of a batch (or of anything made of one) from going back to its source until the function that this gives is called,
 * which may be called more than once. Call it while the value is being emitted to you: in an operator's `next`, before anything
 * asynchronous. For a value that carries no credit it does nothing.
 *
 * @param holder Named in the warning when the credit is never given back.
 * @example
 * const saved = new Observable<void>((subscriber) =>
 *   fromArena('ticks').subscribe((batch) => {
 *     const done = holdCredit(batch, 'save')
 *     void save(batch).finally(done)
 *   }),
 * )
 */
export function holdCredit(value: unknown, holder = 'holdCredit'): () => void {
  const credit = creditOf(value)
  if (credit === undefined) return nothing
  own(value, credit)
  return credit.hold(holder)
}

/** Calls `emission`, which emits what was made of `value`: it carries the same credit. */
export function withCreditOf(value: unknown, emission: () => void): void {
  const credit = creditOf(value)
  if (credit === undefined || credit === current) emission()
  else credit.run(emission)
}

/**
 * Says that `made` was made of `from`: it carries the same credit, also when it is emitted later. For operators that hold one thing and
 * emit another; within an emission, whatever is emitted carries its credit anyway. Gives `made`.
 */
export function forwardCredit<V>(from: unknown, made: V): V {
  const credit = creditOf(from)
  if (credit !== undefined) own(made, credit)
  return made
}

/** The same for an operator that emits `made` at once: only outside of an emission it needs to be remembered. */
export function carryCredit<V>(from: unknown, made: V): V {
  return current !== undefined && creditOf(from) === current ? made : forwardCredit(from, made)
}

function own(value: unknown, credit: Credit): void {
  if (isObject(value)) credits.set(value, credit)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
