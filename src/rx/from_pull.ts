import type { RecordBatch } from 'apache-arrow'
import { Observable, type Subscriber } from 'rxjs'
import { AbortedError } from '../base/errors.js'
import { HeldError } from '../base/held_error.js'
import { turned, turnIsDue } from '../base/turn.js'
import {
  validateDuration,
  validateFunction,
  validateInteger,
  validateObject,
  validateSignal,
} from '../base/validators.js'
import { Credit } from './credit.js'
import { warnOfStall } from './stall_warning.js'

/** Something that batches, or other values but null, can be pulled from, one at a time. A reader of an arena is one. */
export interface BatchSource<B = RecordBatch> {
  /** Named in warnings. */
  readonly name: string
  /** The next batch, null at the end, undefined when none is ready. Throws when the source failed. */
  tryRead(): B | null | undefined
  /** The same, but waits. Rejects at once when the signal fires, and has then taken no batch. */
  read(limits: { signal: AbortSignal }): Promise<B | null>
  /** Frees what the source holds. Called once, when nothing more is read. */
  close(): void
}

/** How many batches may be out at once, and for how long. */
export interface CreditOptions {
  /**
   * How many batches may be unfinished at once: handed out, and held by an asynchronous operator. Default 16. Plain
   * synchronous chains never have more than one.
   */
  maxInFlight?: number
  /**
   * Milliseconds without a batch being finished, while reading or the source's error waits for that, after which a warning names who
   * holds them. Once a subscription; `Infinity` never warns. Default 10000.
   */
  creditWarningMs?: number
  /** Ends the subscription with an `AbortError` (code `ERR_QADS_ABORTED`) whose cause is the signal's reason. */
  signal?: AbortSignal | undefined
}

/** How batches are pulled from a source. */
export interface PullOptions<B> extends CreditOptions {
  /** Called with each batch when it is finished, or was read but not handed out. */
  onFinished?: (batch: B) => void
}

export const DEFAULT_MAX_IN_FLIGHT = 16
const DEFAULT_CREDIT_WARNING_MS = 10_000
const MOST_IN_FLIGHT = 2 ** 20

/** A source that always has a batch ready must not keep the event loop from turning: at the latest after so many it lets it. */
const BURST_BATCHES = 64

/**
 * An Observable of the batches of a source, which is opened anew for each subscription. It reads only while fewer than `maxInFlight`
 * batches are unfinished; see `Credit` for what that means.
 *
 * Start: the source is opened on subscription, and read from the microtask after it, so that nothing is emitted before `subscribe`
 * returned. Then whatever is ready is emitted in bursts, between which the event loop turns. Completion comes after the last batch, and
 * the source is closed when the last one in flight is finished. An error of the source is emitted as it is, when the last batch in
 * flight is finished: operators drop what they have when an error comes. Unsubscribing ends a wait at once and closes the source;
 * nothing is emitted afterwards.
 */
export function fromPull<B = RecordBatch>(
  open: () => BatchSource<B>,
  options: PullOptions<B> = {},
): Observable<B> {
  validateFunction(open, 'open')
  validateObject(options, 'options')
  const {
    maxInFlight = DEFAULT_MAX_IN_FLIGHT,
    creditWarningMs = DEFAULT_CREDIT_WARNING_MS,
    onFinished,
    signal,
  } = options
  if (onFinished !== undefined) validateFunction(onFinished, 'options.onFinished')
  validateInteger(maxInFlight, 'options.maxInFlight', 1, MOST_IN_FLIGHT)
  validateDuration(creditWarningMs, 'options.creditWarningMs')
  if (signal !== undefined) validateSignal(signal, 'options.signal')
  return new Observable<B>((subscriber) => {
    if (signal?.aborted === true) throw abortedBy(signal)
    const pull = new Pull(open(), subscriber, maxInFlight, creditWarningMs, onFinished)
    if (signal !== undefined) {
      const onAbort = () => subscriber.error(abortedBy(signal))
      signal.addEventListener('abort', onAbort, { once: true })
      subscriber.add(() => signal.removeEventListener('abort', onAbort))
    }
    pull.start()
  })
}

function abortedBy(signal: AbortSignal): AbortedError {
  return new AbortedError('the subscription was aborted', { cause: signal.reason })
}

/** One subscription. */
class Pull<B> {
  private inFlight = 0
  /** The credits that were not back when their emission ended. */
  private readonly held = new Set<Credit>()
  private readonly stop = new AbortController()
  /** True on the stack of the loop, so that a credit that comes back during an emission does not start another. */
  private pulling = false
  private waiting = false
  private resuming = false
  private drained = false
  private failure: HeldError | undefined
  private closed = false
  private burst = 0
  private turn: NodeJS.Immediate | undefined
  private stall: NodeJS.Timeout | undefined
  private warned = false

  constructor(
    private readonly source: BatchSource<B>,
    private readonly subscriber: Subscriber<B>,
    private readonly maxInFlight: number,
    private readonly creditWarningMs: number,
    private readonly onFinished: ((batch: B) => void) | undefined,
  ) {}

  start(): void {
    this.subscriber.add(() => this.tearDown())
    this.resume()
  }

  private pull(): void {
    if (this.pulling || this.waiting || this.turn !== undefined || this.subscriber.closed) return
    this.guarded(() => {
      if (this.failure !== undefined) {
        this.failWhenDone(this.failure)
        return
      }
      while (!this.subscriber.closed && this.mayRead()) {
        let batch: B | null | undefined
        try {
          batch = this.source.tryRead()
        } catch (error) {
          this.fail(error)
          return
        }
        if (batch === undefined) {
          this.wait()
          return
        }
        this.deliver(batch)
      }
    })
  }

  /** The source failed: the error comes when nothing is in flight. */
  private fail(error: unknown): void {
    this.failure = new HeldError(() => this.subscriber.error(error))
    this.failWhenDone(this.failure)
  }

  private failWhenDone(failure: HeldError): void {
    if (this.inFlight === 0) failure.deliver()
    else this.watchForStall()
  }

  /** Calls `step` with no other on the stack. What it throws ends the subscription. */
  private guarded(step: () => void): void {
    this.pulling = true
    try {
      step()
    } catch (error) {
      this.subscriber.error(error)
    } finally {
      this.pulling = false
      this.closeIfDone()
    }
  }

  private mayRead(): boolean {
    if (this.inFlight >= this.maxInFlight) {
      this.watchForStall()
      return false
    }
    if (this.burst < BURST_BATCHES && !turnIsDue()) return true
    this.turn = setImmediate(() => {
      this.turn = undefined
      this.startBurst()
      this.pull()
    })
    return false
  }

  /** The event loop has turned. */
  private startBurst(): void {
    this.burst = 0
    turned()
  }

  private deliver(batch: B | null): void {
    if (batch === null) {
      this.drained = true
      this.subscriber.complete()
      return
    }
    this.burst++
    const credit = new BatchCredit(this, batch)
    this.inFlight++
    credit.emit(this.subscriber, batch)
    if (!credit.isReturned) this.held.add(credit)
  }

  private wait(): void {
    this.waiting = true
    this.source.read({ signal: this.stop.signal }).then(
      (batch) => this.waited(() => this.deliver(batch), batch),
      (error: unknown) => this.waited(() => this.fail(error), null),
    )
  }

  /** The wait is over, maybe after the subscription: then what was read is given back. */
  private waited(proceed: () => void, batch: B | null): void {
    this.waiting = false
    if (this.subscriber.closed) {
      if (batch !== null) this.onFinished?.(batch)
      return
    }
    this.startBurst()
    this.guarded(proceed)
    this.pull()
  }

  /** Nobody holds the credit of the batch any more. */
  finished(credit: Credit, batch: B): void {
    this.inFlight--
    this.held.delete(credit)
    this.onFinished?.(batch)
    clearTimeout(this.stall)
    this.stall = undefined
    this.closeIfDone()
    this.resume()
  }

  /**
   * Goes on from a microtask. A credit comes back in the middle of what its holder does, and a batch that came in right there could
   * overtake it.
   */
  private resume(): void {
    if (this.pulling || this.resuming || this.subscriber.closed) return
    this.resuming = true
    queueMicrotask(() => {
      this.resuming = false
      this.pull()
    })
  }

  private tearDown(): void {
    clearImmediate(this.turn)
    clearTimeout(this.stall)
    this.failure?.drop()
    this.stop.abort()
    this.closeIfDone()
  }

  /**
   * Closes the source after the subscription: not on the stack of an emission, whose batch is still in use, and after a completion not
   * before the batches in flight are finished.
   */
  private closeIfDone(): void {
    if (this.closed || !this.subscriber.closed || this.pulling) return
    if (this.drained && this.inFlight > 0) return
    this.closed = true
    this.source.close()
  }

  private watchForStall(): void {
    if (this.warned || this.stall !== undefined || this.creditWarningMs === Infinity) return
    this.stall = setTimeout(() => {
      this.warned = true
      warnOfStall(this.source.name, this.held, this.creditWarningMs, this.failure !== undefined)
    }, this.creditWarningMs)
  }
}

class BatchCredit<B> extends Credit {
  constructor(
    private readonly pull: Pull<B>,
    private readonly batch: B,
  ) {
    super()
  }

  protected override returned(): void {
    this.pull.finished(this, this.batch)
  }
}
