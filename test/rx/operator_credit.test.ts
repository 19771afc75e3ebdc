import test from 'ava'
import type { RecordBatch } from 'apache-arrow'
import { count, rowsToBatch } from 'qadataswap'
import {
  asofJoin,
  bufferRows,
  creditOf,
  fromPull,
  groupAggregate,
  holdCredit,
  rebatchRows,
  rebatchTime,
  withLatestByKey,
} from 'qadataswap/rx'
import { NEVER, type Observable, Subject, VirtualTimeScheduler } from 'rxjs'
import { until } from '../support/arenas.js'
import { stopsAt } from './support/settled.js'
import { ListSource } from './support/fake_source.js'

/** A source whose batches hold two rows, and a consumer that finishes what it gets when it is told. */
function pipeline<Out>(
  batches: number,
  maxInFlight: number,
  chain: (source: Observable<RecordBatch>) => Observable<Out>,
) {
  const source = new ListSource()
  for (let i = 0; i < batches; i++) source.push(rowsToBatch([{ n: 2 * i }, { n: 2 * i + 1 }]))
  const unfinished: (() => void)[] = []
  const outputs: Out[] = []
  const subscription = chain(fromPull(() => source, { maxInFlight })).subscribe((output) => {
    outputs.push(output)
    unfinished.push(holdCredit(output))
  })
  return { source, outputs, unfinished, subscription }
}

for (const [name, operator] of [
  ['rebatchRows', rebatchRows(10)],
  ['bufferRows', bufferRows(10)],
  ['groupAggregate over rows', groupAggregate({ by: [], aggregates: { n: count() }, window: { rows: 10 } })],
] as [string, (source: Observable<RecordBatch>) => Observable<unknown>][]) {
  test(`${name} needs no more credit to fill an output than for one batch`, async (t) => {
    const { source, outputs, unfinished, subscription } = pipeline(25, 1, operator)
    await until(() => outputs.length === 1)
    await stopsAt(t, () => source.taken, 5, 'an unfinished output stops the source')
    unfinished[0]!()
    await until(() => outputs.length === 2)
    await stopsAt(t, () => source.taken, 10)
    subscription.unsubscribe()
  })
}

test('rebatchRows gives the credit of a batch back when all outputs cut from it are finished', async (t) => {
  const { source, outputs, unfinished, subscription } = pipeline(3, 1, rebatchRows(1))
  await until(() => outputs.length === 2)
  await stopsAt(t, () => source.taken, 1)
  unfinished[1]!()
  await stopsAt(t, () => source.taken, 1)
  unfinished[0]!()
  await stopsAt(t, () => source.taken, 2)
  subscription.unsubscribe()
})

for (const [name, operator] of [
  ['rebatchTime', (scheduler: VirtualTimeScheduler) => rebatchTime(10, { scheduler })],
  [
    'groupAggregate over milliseconds',
    (scheduler: VirtualTimeScheduler) =>
      groupAggregate({ by: [], aggregates: { n: count() }, window: { ms: 10, scheduler } }),
  ],
] as [
  string,
  (scheduler: VirtualTimeScheduler) => (source: Observable<RecordBatch>) => Observable<unknown>,
][]) {
  test(`${name} takes what comes while its outputs are finished, and maxInFlight batches while one is not`, async (t) => {
    const scheduler = new VirtualTimeScheduler()
    const { source, outputs, unfinished, subscription } = pipeline(30, 4, operator(scheduler))
    await until(() => source.taken === 30)
    t.is(outputs.length, 0)
    scheduler.flush()
    t.is(outputs.length, 1, 'the clock made an output')
    for (let n = 0; n < 20; n++) source.push(rowsToBatch([{ n }]))
    await stopsAt(t, () => source.taken, 34)
    unfinished[0]!()
    await until(() => source.taken === 50)
    subscription.unsubscribe()
  })
}

test('unsubscribing from a timed window gives back what it held', async (t) => {
  const scheduler = new VirtualTimeScheduler()
  const source = new ListSource(3)
  const shared = new Subject<RecordBatch>()
  const reader = fromPull(() => source, { maxInFlight: 2 }).subscribe(shared)
  t.teardown(() => reader.unsubscribe())
  const slow = shared.pipe(rebatchTime(10, { scheduler })).subscribe((output) => void holdCredit(output))
  await until(() => source.isWaiting)
  scheduler.flush()
  for (let n = 0; n < 5; n++) source.push(rowsToBatch([{ n }]))
  await stopsAt(t, () => source.taken, 5)
  slow.unsubscribe()
  await until(() => source.taken === 8)
})

const timed = (at: number) => rowsToBatch([{ at, sym: 'A' }])

test('asofJoin holds the credit of left batches that wait for the right side', async (t) => {
  const left = new ListSource()
  const right = new ListSource()
  for (let at = 0; at < 10; at++) left.push(timed(at))
  const seen: unknown[] = []
  const subscription = fromPull(() => left, { maxInFlight: 3 })
    .pipe(
      asofJoin(
        fromPull(() => right, { maxInFlight: 3 }),
        { on: 'at', by: ['sym'] },
      ),
    )
    .subscribe((output) => seen.push(creditOf(output)))
  await stopsAt(t, () => left.taken, 3)
  right.push(timed(1.5))
  await until(() => seen.length === 2)
  await stopsAt(t, () => left.taken, 5)
  t.true(
    seen.every((credit) => credit !== undefined),
    'outputs carry the credit of their left batch',
  )
  subscription.unsubscribe()
  t.is(left.closed + right.closed, 2)
})

test('asofJoin holds back a right side that is ahead by more than it may keep, until the left catches up', async (t) => {
  const left = new ListSource()
  const right = new ListSource()
  for (let at = 0; at < 100; at++) right.push(timed(at))
  const seen: unknown[] = []
  const subscription = fromPull(() => left, { maxInFlight: 3 })
    .pipe(
      asofJoin(
        fromPull(() => right, { maxInFlight: 3 }),
        { on: 'at', by: ['sym'], maxRightRows: 10 },
      ),
    )
    .subscribe((output) => seen.push(output))
  await stopsAt(t, () => right.taken, 13)
  left.push(timed(11.5))
  await until(() => right.taken === 23)
  await stopsAt(t, () => right.taken, 23, 'one that is ahead still, and two beyond the ten that may be kept')
  t.is(seen.length, 1)
  left.push(timed(200))
  await until(() => right.isWaiting)
  t.is(right.taken, 100)
  subscription.unsubscribe()
})

test('two sources that are joined never wait for each other, whatever their credits', async (t) => {
  for (const [maxInFlight, maxRightRows] of [
    [1, 1],
    [2, 1],
    [1, 5],
    [3, 2],
  ] as const) {
    const left = new ListSource()
    const right = new ListSource()
    for (let at = 0; at < 60; at++) left.push(timed(at))
    for (let at = 0; at < 60; at++) right.push(timed(at - 0.5))
    left.push(null)
    right.push(null)
    let rows = 0
    let completed = false
    fromPull(() => left, { maxInFlight })
      .pipe(
        asofJoin(
          fromPull(() => right, { maxInFlight }),
          { on: 'at', by: ['sym'], maxRightRows },
        ),
      )
      .subscribe({ next: (output) => (rows += output.numRows), complete: () => (completed = true) })
    await until(() => completed)
    t.is(rows, 60)
  }
})

test('withLatestByKey holds the credit of batches that wait for the first right batch', async (t) => {
  const left = new ListSource(5)
  const right = new Subject<RecordBatch>()
  let seen = 0
  const subscription = fromPull(() => left, { maxInFlight: 2 })
    .pipe(withLatestByKey(right, { by: ['n'] }))
    .subscribe(() => seen++)
  await stopsAt(t, () => left.taken, 2)
  right.next(rowsToBatch([{ n: 1, value: 'x' }]))
  await until(() => left.isWaiting)
  t.is(seen, 5)
  subscription.unsubscribe()
})

test('unsubscribing from a join gives back the credits of both sides', async (t) => {
  const left = new ListSource(3)
  const shared = new Subject<RecordBatch>()
  const reader = fromPull(() => left, { maxInFlight: 1 }).subscribe(shared)
  t.teardown(() => reader.unsubscribe())
  const joined = shared.pipe(withLatestByKey(NEVER, { by: ['n'] })).subscribe()
  await stopsAt(t, () => left.taken, 1)
  joined.unsubscribe()
  await until(() => left.isWaiting)
  t.is(left.taken, 3)
})
