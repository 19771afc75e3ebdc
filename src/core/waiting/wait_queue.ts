import { doorbell, NO_PLACE, type Sleeper } from './doorbell.js'
import { AbortedError, fromNative, TimedOutError } from '../../base/errors.js'
import { type Linked, LinkedList } from '../../base/linked_list.js'
import type { NativeBell } from '../../native/addon.js'
import { validateWaitOptions, type WaitOptions } from '../../base/wait_options.js'
import { turned, turnIsDue } from '../../base/turn.js'

/** Something that may have to wait for the peer. */
export interface Task<T> {
  /** The result, or undefined while it cannot be had. May be asked any number of times; throws to fail. */
  attempt(): T | undefined
  /** Asks the peer to ring: true when it will, false when the task should be attempted again at once. */
  arm(bell: NativeBell): boolean
  /** Takes `arm` back. */
  disarm(): void
  /** What is waited for, for messages: `read() of arena "ticks"`. */
  describe(): string
}

interface Operation extends Linked<Operation> {
  readonly task: Task<unknown>
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
  signal: AbortSignal | undefined
  onAbort: (() => void) | undefined
  timer: NodeJS.Timeout | undefined
}

const NO_LIMITS: WaitOptions = Object.freeze({})
/** A peer that keeps saying "at once" although nothing comes is broken: then look again at the next probe. */
const MAX_RETRIES = 1000
/** The longest delay that a Node timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * The waits of one reader or writer: served strictly in the order in which they were asked for, one at a time, each with
 * its own signal and time-out. A wait that is cancelled has done nothing: no batch is taken, none is written.
 */
export class WaitQueue implements Sleeper {
  readonly #operations = new LinkedList<Operation>()
  bellPlace = NO_PLACE
  #armed: Task<unknown> | undefined

  /** Waits that are not settled. */
  get size(): number {
    return this.#operations.size
  }

  run<T>(task: Task<T>, limits: WaitOptions = NO_LIMITS): Promise<T> {
    let attempted = false
    try {
      if (limits !== NO_LIMITS) validateWaitOptions(limits)
      if (limits.signal?.aborted) throw aborted(task, limits.signal)
      const never = limits.timeoutMs === 0
      if (this.#operations.size === 0 && (never || !turnIsDue())) {
        attempted = true
        const result = task.attempt()
        if (result !== undefined) return Promise.resolve(result)
      }
      if (never) throw timedOut(task, 0)
    } catch (error) {
      return Promise.reject(fromNative(error))
    }
    return new Promise<T>((resolve, reject) => {
      const operation: Operation = {
        task,
        resolve,
        reject,
        signal: undefined,
        onAbort: undefined,
        timer: undefined,
        previous: undefined,
        next: undefined,
      }
      this.#operations.push(operation)
      this.#limit(operation, limits)
      if (this.#operations.size > 1) return
      if (attempted) this.#advance(true)
      else setImmediate(() => this.#turn())
    })
  }

  /** Attempts the waits again: the state of the reader or writer changed. */
  poke(): void {
    this.#advance()
  }

  wake(): void {
    turned()
    this.#advance()
  }

  /** Fails every wait. */
  fail(error: () => Error): void {
    this.#disarm()
    for (let head = this.#operations.first; head !== undefined; head = this.#operations.first) {
      this.#leave(head)
      head.reject(error())
    }
  }

  #turn(): void {
    turned()
    if (this.#armed === undefined) this.#advance()
  }

  /** @param attempted The first wait was attempted just now, in vain. */
  #advance(attempted = false): void {
    let retries = 0
    for (;;) {
      const operation = this.#operations.first
      if (operation === undefined) return this.#disarm()
      const { task } = operation
      try {
        const result = attempted ? undefined : task.attempt()
        attempted = false
        if (result !== undefined) {
          this.#leave(operation)
          operation.resolve(result as never)
          retries = 0
          continue
        }
        if (this.#armed !== undefined && this.#armed !== task) this.#disarm()
        if (task.arm(doorbell().bell) || ++retries > MAX_RETRIES) {
          this.#armed = task
          doorbell().add(this)
          return
        }
      } catch (error) {
        this.#leave(operation)
        operation.reject(fromNative(error))
      }
    }
  }

  #disarm(): void {
    if (this.#armed === undefined) return
    const task = this.#armed
    this.#armed = undefined
    if (this.bellPlace !== NO_PLACE) doorbell().delete(this)
    task.disarm()
  }

  #limit(operation: Operation, { signal, timeoutMs = Infinity }: WaitOptions): void {
    const { task } = operation
    if (signal !== undefined) {
      // Not assigned where it is made: V8 would put it, and with it what the wait resolves to, where only a collection of
      // the whole heap finds it.
      const onAbort = () => this.#cancel(operation, aborted(task, signal))
      operation.signal = signal
      operation.onAbort = onAbort
      signal.addEventListener('abort', onAbort, { once: true })
    }
    if (timeoutMs <= MAX_TIMER_MS) {
      operation.timer = setTimeout(() => this.#cancel(operation, timedOut(task, timeoutMs)), timeoutMs)
    }
  }

  #cancel(operation: Operation, error: Error): void {
    const wasHead = operation === this.#operations.first
    this.#leave(operation)
    operation.reject(error)
    if (!wasHead) return
    this.#disarm()
    this.#advance()
  }

  #leave(operation: Operation): void {
    this.#operations.remove(operation)
    clearTimeout(operation.timer)
    if (operation.onAbort) operation.signal?.removeEventListener('abort', operation.onAbort)
  }
}

function aborted(task: Task<unknown>, signal: AbortSignal): AbortedError {
  return new AbortedError(`${task.describe()} was aborted`, { cause: signal.reason })
}

function timedOut(task: Task<unknown>, timeoutMs: number): TimedOutError {
  return new TimedOutError(`${task.describe()} timed out after ${timeoutMs} ms`)
}
