import test from 'ava'
import { concatMapBatch, fromPull, holdCredit, mergeMapBatch, switchMapBatch } from 'qadataswap/rx'
import { catchError, delay, EMPTY, map, mergeMap, type Observable, of, Subject, throwError } from 'rxjs'
import { until } from '../support/arenas.js'
import { settled, stopsAt } from './support/settled.js'
import { ListSource, numberOf } from './support/fake_source.js'
import { marbles } from './support/marbles.js'

const broken = new Error('broken')
test('concatMapBatch goes on with a value when the one before it is done', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const x = cold('       --x--y|')
    const xSubs = ['-^-----!', '-------^-----!']
    const source = cold('  -a-b-|', { a: x, b: x })
    const subs = '         ^----!'
    const expected = '     ---x--y--x--y|'
    expectObservable(source.pipe(concatMapBatch((inner) => inner))).toBe(expected)
    expectSubscriptions(x.subscriptions).toBe(xSubs)
    expectSubscriptions(source.subscriptions).toBe(subs)
  })
})

test('mergeMapBatch runs as many at once as it may', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const x = cold('     ---x|')
    const source = cold('abc-|', { a: x, b: x, c: x })
    const expected = '   ---xx--x|'
    expectObservable(source.pipe(mergeMapBatch((inner) => inner, 2))).toBe(expected)
    expectSubscriptions(x.subscriptions).toBe(['^---!', '-^---!', '----^---!'])
    expectSubscriptions(source.subscriptions).toBe('^---!')
  })
})

test('switchMapBatch ends the inner Observable when the next value comes', (t) => {
  marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
    const x = cold('      --x--y|')
    const source = cold(' a---b-|', { a: x, b: x })
    const expected = '    --x---x--y|'
    expectObservable(source.pipe(switchMapBatch((inner) => inner))).toBe(expected)
    expectSubscriptions(x.subscriptions).toBe(['^---!', '----^-----!'])
  })
})

for (const [name, flatten] of [
  ['concatMapBatch', concatMapBatch],
  ['mergeMapBatch', mergeMapBatch],
  ['switchMapBatch', switchMapBatch],
] as const) {
  test(`${name} passes on errors of its source, of an inner Observable and of the projection at once`, (t) => {
    marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
      const inner = cold('   ------|')
      expectObservable(cold('a--#', { a: inner }, broken).pipe(flatten((x) => x))).toBe('---#', {}, broken)
      expectSubscriptions(inner.subscriptions).toBe('^--!')
      const source = cold('  -a---|', { a: cold('--#', {}, broken) })
      expectObservable(source.pipe(flatten((x) => x))).toBe('---#', {}, broken)
      expectSubscriptions(source.subscriptions).toBe('^--!')
      const thrown = cold('-a-|').pipe(
        flatten((): Observable<string> => {
          throw broken
        }),
      )
      expectObservable(thrown).toBe('-#', {}, broken)
    })
  })

  test(`${name} ends source and inner Observables with its subscription`, (t) => {
    marbles(t, ({ cold, expectObservable, expectSubscriptions }) => {
      const inner = cold('  ------|')
      const source = cold(' -a------', { a: inner })
      expectObservable(source.pipe(flatten((x) => x)), '---!').toBe('----')
      expectSubscriptions(inner.subscriptions).toBe('-^-!')
      expectSubscriptions(source.subscriptions).toBe('^--!')
    })
  })

  test(`${name} tells the projection the index, and takes promises and iterables`, async (t) => {
    const seen: unknown[] = []
    of('a')
      .pipe(flatten((value, index) => [value, index]))
      .subscribe((value) => seen.push(value))
    of('b')
      .pipe(flatten(async (value) => value))
      .subscribe((value) => seen.push(value))
    await settled()
    t.deepEqual(seen, ['a', 0, 'b'])
  })

  test(`${name} gives credits back when inner Observables complete, fail, or are empty`, async (t) => {
    const source = new ListSource(4).push(null)
    const finished: number[] = []
    const inners = [
      EMPTY,
      throwError(() => broken).pipe(catchError(() => EMPTY)),
      of(1),
      of(1).pipe(delay(0)),
    ]
    let completed = false
    fromPull(() => source, { onFinished: (batch) => finished.push(numberOf(batch)) })
      .pipe(flatten((batch) => inners[numberOf(batch)]!))
      .subscribe({ complete: () => (completed = true) })
    await until(() => completed)
    t.deepEqual(finished, [0, 1, 2, 3])
  })
}

test('concatMapBatch keeps a slow consumer from reading more than maxInFlight ahead', async (t) => {
  const source = new ListSource(20).push(null)
  const saves: { n: number; done: Subject<string> }[] = []
  const results: string[] = []
  fromPull(() => source, { maxInFlight: 4 })
    .pipe(
      concatMapBatch((batch) => {
        const done = new Subject<string>()
        saves.push({ n: numberOf(batch), done })
        return done
      }),
    )
    .subscribe((result) => results.push(result))
  for (let n = 0; n < 20; n++) {
    await until(() => saves.length > n)
    await stopsAt(t, () => saves.length, n + 1, 'one at a time')
    t.is(source.taken, Math.min(20, n + 4))
    saves[n]!.done.next(`saved ${saves[n]!.n}`)
    saves[n]!.done.complete()
  }
  await until(() => source.closed > 0)
  t.deepEqual(
    results,
    Array.from({ length: 20 }, (_, n) => `saved ${n}`),
  )
})

test('mergeMapBatch never has more inner Observables than maxInFlight', async (t) => {
  const source = new ListSource(50).push(null)
  let running = 0
  let most = 0
  fromPull(() => source, { maxInFlight: 5 })
    .pipe(
      mergeMapBatch(async (batch) => {
        most = Math.max(most, ++running)
        await settled()
        running--
        return numberOf(batch)
      }),
    )
    .subscribe()
  await until(() => source.closed > 0)
  t.is(most, 5)
})

test('what an inner Observable emits carries the credit to the next asynchronous step', async (t) => {
  const source = new ListSource(10)
  const holds: (() => void)[] = []
  const subscription = fromPull(() => source, { maxInFlight: 2 })
    .pipe(
      concatMapBatch(async (batch) => numberOf(batch)),
      map((n) => ({ n })),
    )
    .subscribe((result) => holds.push(holdCredit(result)))
  await until(() => holds.length === 2)
  await stopsAt(t, () => source.taken, 2)
  holds[0]!()
  await until(() => holds.length === 3)
  await stopsAt(t, () => source.taken, 3)
  subscription.unsubscribe()
})

test('behind an asynchronous operator of RxJS a chain counts as finished', async (t) => {
  const source = new ListSource(30)
  const subscription = fromPull(() => source, { maxInFlight: 2 })
    .pipe(mergeMap(() => new Subject<void>()))
    .subscribe()
  await until(() => source.isWaiting)
  t.is(source.taken, 30)
  subscription.unsubscribe()
})

test('unsubscribing gives back what is queued, so that others who share the source go on', async (t) => {
  const source = new ListSource(10)
  const shared = new Subject<ReturnType<ListSource['tryRead']>>()
  const subscription = fromPull(() => source, { maxInFlight: 3 }).subscribe(shared)
  t.teardown(() => subscription.unsubscribe())
  const slow = shared.pipe(concatMapBatch(() => new Subject<void>())).subscribe()
  await stopsAt(t, () => source.taken, 3)
  slow.unsubscribe()
  await until(() => source.isWaiting)
  t.is(source.taken, 10)
})

test('the order is kept when credits come back in the middle of a step', async (t) => {
  const source = new ListSource(100).push(null)
  const seen: number[] = []
  fromPull(() => source, { maxInFlight: 3 })
    .pipe(
      concatMapBatch((batch) => (numberOf(batch) % 3 === 0 ? of(batch) : of(batch).pipe(delay(0)))),
      concatMapBatch(async (batch) => numberOf(batch)),
    )
    .subscribe((n) => seen.push(n))
  await until(() => source.closed > 0)
  t.deepEqual(
    seen,
    Array.from({ length: 100 }, (_, n) => n),
  )
})
