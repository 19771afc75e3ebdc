import type { Observable } from 'rxjs'
import { validateIterable } from '../base/validators.js'
import { type BatchSource, type CreditOptions, fromPull } from './from_pull.js'

/**
 * The values of an iterable, an async iterable or a Node stream, with credit: unlike with RxJS's `from`, the next value is asked for only
 * while fewer than `maxInFlight` earlier ones are unfinished (see `Credit`). So `toArena` holds back a generator or a file as well.
 *
 * Iterates anew for each subscription; what can be iterated once, such as a stream, can be subscribed to once. Completes with the
 * iterable, and passes on its errors. Unsubscribing calls `return()` of the iterator, which ends a generator and destroys a stream.
 *
 * @example
 * fromIterable(createReadStream('rows.arrow').pipe(parse)).pipe(toArena('rows')).subscribe()
 */
export function fromIterable<V>(
  iterable: AsyncIterable<V> | Iterable<V>,
  options?: CreditOptions,
): Observable<V> {
  validateIterable(iterable, 'iterable')
  return fromPull(() => new IterableSource(iterable), options)
}

class IterableSource<V> implements BatchSource<V> {
  readonly name = 'fromIterable'
  private readonly iterator: AsyncIterator<V> | Iterator<V>
  private readonly isAsync: boolean
  private done = false

  constructor(iterable: AsyncIterable<V> | Iterable<V>) {
    this.isAsync = Symbol.asyncIterator in iterable
    this.iterator =
      Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]()
  }

  tryRead(): V | null | undefined {
    if (this.isAsync) return undefined
    try {
      return this.taken(this.iterator.next() as IteratorResult<V, unknown>)
    } catch (error) {
      // An iterator that threw is over, and must not be asked to return.
      this.done = true
      throw error
    }
  }

  /** A value that comes after the subscription is dropped, as nobody is there to give it back to. */
  async read(): Promise<V | null> {
    try {
      return this.taken(await this.iterator.next())
    } catch (error) {
      this.done = true
      throw error
    }
  }

  close(): void {
    if (this.done) return
    this.done = true
    // Nobody listens any more to how the iterator takes its end.
    void Promise.resolve(this.iterator.return?.()).catch(() => undefined)
  }

  private taken(result: IteratorResult<V, unknown>): V | null {
    if (result.done !== true) return result.value
    this.done = true
    return null
  }
}
