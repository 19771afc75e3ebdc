import test, { type ExecutionContext } from 'ava'
import { creditOf, forwardCredit, fromPull, holdCredit } from 'qadataswap/rx'
import { delay, map, of, type Observable, share } from 'rxjs'
import { until } from '../support/arenas.js'
import { settled, stopsAt } from './support/settled.js'
import { ListSource, numbered, numberOf } from './support/fake_source.js'

/** Subscribes until the end of the test. */
function listen<V>(t: ExecutionContext, observable: Observable<V>, next: (value: V) => void): void {
  const subscription = observable.subscribe(next)
  t.teardown(() => subscription.unsubscribe())
}

test('a synchronous chain is done with a batch on return, so it takes everything that is ready', async (t) => {
  const source = new ListSource(1000).push(null)
  const seen: number[] = []
  let completed = false
  fromPull(() => source, { maxInFlight: 1 })
    .pipe(map(numberOf))
    .subscribe({ next: (n) => seen.push(n), complete: () => (completed = true) })
  t.is(seen.length, 0, 'nothing is emitted before subscribe returned')
  await until(() => completed)
  t.deepEqual(
    seen,
    Array.from({ length: 1000 }, (_, n) => n),
  )
})

test('no more than maxInFlight batches are out, and each one that is finished brings the next', async (t) => {
  const source = new ListSource(10)
  const holds: (() => void)[] = []
  listen(
    t,
    fromPull(() => source, { maxInFlight: 3 }),
    (batch) => holds.push(holdCredit(batch)),
  )
  await stopsAt(t, () => source.taken, 3)
  holds[1]!()
  await stopsAt(t, () => source.taken, 4)
  holds[1]!()
  await stopsAt(t, () => source.taken, 4, 'a hold is released once')
  holds[0]!()
  holds[2]!()
  await stopsAt(t, () => source.taken, 6)
})

test('a batch with several holds is finished when the last is released', async (t) => {
  const source = new ListSource(2)
  const holds: (() => void)[] = []
  const shared = fromPull(() => source, { maxInFlight: 1 }).pipe(share())
  listen(t, shared, (batch) => holds.push(holdCredit(batch)))
  listen(t, shared, (batch) => holds.push(holdCredit(batch)))
  await stopsAt(t, () => holds.length, 2, 'both subscribers see the first batch')
  holds[1]!()
  await stopsAt(t, () => source.taken, 1)
  holds[0]!()
  await stopsAt(t, () => source.taken, 2)
})

test('whatever a chain makes of a batch carries its credit while it is emitted', async (t) => {
  const source = new ListSource(3)
  const holds: (() => void)[] = []
  const mids = fromPull(() => source, { maxInFlight: 2 }).pipe(
    map((batch) => ({ mid: numberOf(batch) })),
    map(({ mid }) => mid),
  )
  listen(t, mids, (mid) => holds.push(holdCredit(mid)))
  await stopsAt(t, () => source.taken, 2)
  holds[0]!()
  await stopsAt(t, () => source.taken, 3)
})

test('a hold that comes after the emission does nothing, for the credit is back', async (t) => {
  const source = new ListSource(5)
  const late: (() => void)[] = []
  listen(t, fromPull(() => source, { maxInFlight: 1 }).pipe(delay(0)), (batch) =>
    late.push(holdCredit(batch)),
  )
  await until(() => late.length === 5)
  t.is(source.taken, 5)
  late[0]!()
  t.is(creditOf(numbered(1)), undefined)
})

test('what was made of a held batch carries its credit later too', async (t) => {
  const source = new ListSource(2)
  let made: object | undefined
  let release: (() => void) | undefined
  listen(
    t,
    fromPull(() => source, { maxInFlight: 1 }),
    (batch) => {
      release = holdCredit(batch)
      made = forwardCredit(batch, { of: batch })
    },
  )
  await settled()
  const second = holdCredit(made)
  release!()
  await stopsAt(t, () => source.taken, 1)
  second()
  await stopsAt(t, () => source.taken, 2)
  t.notThrows(holdCredit(of(1)), 'a value of nobody has no credit')
})

test('onFinished is told each batch when it is finished', async (t) => {
  const source = new ListSource(3)
  const finished: number[] = []
  const holds: (() => void)[] = []
  fromPull(() => source, { maxInFlight: 2, onFinished: (batch) => finished.push(numberOf(batch)) }).subscribe(
    (batch) => {
      if (numberOf(batch) === 0) holds.push(holdCredit(batch))
    },
  )
  await until(() => source.isWaiting)
  t.deepEqual(finished, [1, 2])
  holds[0]!()
  t.deepEqual(finished, [1, 2, 0])
})
