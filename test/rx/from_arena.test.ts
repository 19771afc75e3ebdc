import { deepStrictEqual } from 'node:assert/strict'
import test from 'ava'
import {
  batchToRows,
  count,
  createReader,
  createWriter,
  inspectArena,
  max,
  NotFoundError,
  WriterAbortedError,
  WriterDiedError,
} from 'qadataswap'
import {
  asofJoin,
  bufferRows,
  concatMapBatch,
  fromArena,
  groupAggregate,
  meterLag,
  rebatchRows,
  rebatchTime,
  withLatestByKey,
} from 'qadataswap/rx'
import {
  firstValueFrom,
  from,
  lastValueFrom,
  map,
  NEVER,
  type Observable,
  of,
  repeat,
  retry,
  share,
  take,
  toArray,
} from 'rxjs'
import type { RecordBatch } from 'apache-arrow'
import type { ProducerArgs } from '../contract/producers.js'
import { closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'
import { Child } from '../support/child_process.js'

const PRODUCERS = new URL('../contract/producers.js', import.meta.url).href
const ids = map((batch: RecordBatch<NumberColumns>) => numberBatchId(batch))

/** A writer in this process that has written so many batches. */
async function written(name: string, batches: number, rows = 10) {
  const writer = createWriter<NumberColumns>(name, { sizeMb: 8, bufferCount: 64 })
  for (let id = 0; id < batches; id++) await writer.write(numberBatch(id, rows))
  return writer
}

test('every subscription is a reader of its own and gets every batch', async (t) => {
  const name = uniqueName()
  const writer = closing(t, await written(name, 3))
  const arena = fromArena<NumberColumns>(name)
  t.is(inspectArena(name).readers.length, 0, 'cold')
  const both = Promise.all([
    lastValueFrom(arena.pipe(ids, toArray())),
    lastValueFrom(arena.pipe(ids, toArray())),
  ])
  t.is(inspectArena(name).readers.length, 2)
  await writer.end()
  t.deepEqual(await both, [
    [0, 1, 2],
    [0, 1, 2],
  ])
  t.is(inspectArena(name).readers.length, 0)
})

test('unsubscribing frees the reader at once, while it waits and while credits are held', async (t) => {
  const name = uniqueName()
  closing(t, await written(name, 3))
  let seen = 0
  const waiting = fromArena(name).subscribe(() => seen++)
  await until(() => inspectArena(name).readers.some((reader) => reader.waiting))
  t.is(seen, 3)
  waiting.unsubscribe()
  t.is(inspectArena(name).readers.length, 0)
  const stuck = fromArena(name, { maxInFlight: 1 })
    .pipe(concatMapBatch(() => NEVER))
    .subscribe()
  await until(() => inspectArena(name).readers[0]!.cursor === 1)
  stuck.unsubscribe()
  t.is(inspectArena(name).readers.length, 0)
})

for (const rows of [10, 10_000]) {
  test(`a batch of ${rows} rows outlives its subscription and its arena`, async (t) => {
    const name = uniqueName()
    const writer = await written(name, 2, rows)
    const batch = await firstValueFrom(fromArena<NumberColumns>(name))
    // A reader that closed is leaving for as long as a lease of its is in the ring.
    t.true(inspectArena(name).readers.every((reader) => reader.state === 'leaving'))
    writer.close()
    t.is(numberBatchId(batch), 0)
  })
}

test('an arena that does not exist is the error, with its class', async (t) => {
  await t.throwsAsync(firstValueFrom(fromArena(uniqueName())), {
    instanceOf: NotFoundError,
    code: 'ERR_QADS_NOT_FOUND',
  })
})

test('a reader that is given is owned, and can be subscribed to once', async (t) => {
  const name = uniqueName()
  const writer = closing(t, await written(name, 2))
  await writer.end()
  const reader = createReader<NumberColumns>(name, { from: 1 })
  const arena = fromArena(reader)
  t.deepEqual(await lastValueFrom(arena.pipe(ids, toArray())), [1])
  t.true(reader.closed)
  await t.throwsAsync(lastValueFrom(arena), { code: 'ERR_QADS_CLOSED' })
})

test('options that contradict each other are refused when the Observable is made', (t) => {
  const name = uniqueName()
  const refused = { code: 'ERR_QADS_INVALID_ARGUMENT' }
  const reader = closing(t, createReader(name, { waitMs: Infinity }))
  t.throws(() => fromArena(reader, { from: 'latest' }), refused)
  t.throws(() => fromArena(reader, { reconnect: true }), {
    ...refused,
    message: /needs the name of an arena/,
  })
  const scoped = closing(t, createReader(name, { waitMs: Infinity, lease: 'scoped' }))
  t.throws(() => fromArena(scoped), { ...refused, message: /give that option to fromArena/ })
  t.throws(() => fromArena(name, { reconnect: 'sometimes' as 'always' }), refused)
  t.throws(() => fromArena(name, { maxInFlight: -1 }), refused)
})

test('a bad name is refused', async (t) => {
  t.throws(() => fromArena(5 as unknown as string), { code: 'ERR_QADS_NAME_INVALID' })
  await t.throwsAsync(firstValueFrom(fromArena('a/b')), { code: 'ERR_QADS_NAME_INVALID' })
})

test('share gives one reader to many subscribers, who all see the first batch', async (t) => {
  const name = uniqueName()
  const writer = closing(t, await written(name, 3))
  const shared = fromArena<NumberColumns>(name).pipe(ids, share())
  const both = Promise.all([lastValueFrom(shared.pipe(toArray())), lastValueFrom(shared.pipe(toArray()))])
  t.is(inspectArena(name).readers.length, 1)
  await writer.end()
  t.deepEqual(await both, [
    [0, 1, 2],
    [0, 1, 2],
  ])
})

test('retry attaches again, from what is still in the ring', async (t) => {
  const name = uniqueName()
  const writer = closing(t, await written(name, 3))
  await writer.end()
  let failures = 1
  const numbers = fromArena<NumberColumns>(name).pipe(
    map((batch) => {
      const id = numberBatchId(batch)
      if (id === 1 && failures-- > 0) throw new RangeError('once')
      return id
    }),
    retry(1),
    toArray(),
  )
  t.deepEqual(await lastValueFrom(numbers), [0, 0, 1, 2])
  t.is(inspectArena(name).readers.length, 0)
})

test('repeat reads the next writer of the name when there is one', async (t) => {
  const name = uniqueName()
  const first = await written(name, 2)
  await first.end()
  const again = async () => {
    first.close()
    const second = closing(t, await written(name, 1))
    await second.end()
  }
  const numbers = fromArena<NumberColumns>(name).pipe(
    ids,
    repeat({ count: 2, delay: () => from(again()) }),
    toArray(),
  )
  t.deepEqual(await lastValueFrom(numbers), [0, 1, 0])
})

test('with reconnect, the next writer follows on one that was killed', async (t) => {
  const name = uniqueName()
  const args: ProducerArgs = { name, options: { sizeMb: 1 }, count: 3, rows: 10 }
  const departures: unknown[] = []
  const seen: number[] = []
  const all = lastValueFrom(
    fromArena<NumberColumns>(name, { reconnect: true, onReconnect: (why) => departures.push(why) }).pipe(
      ids,
      map((id) => seen.push(id)),
    ),
  )
  const first = new Child(t, PRODUCERS, 'produceAndStay', args)
  await until(() => seen.length === 3)
  first.kill('SIGKILL')
  await until(() => departures.length === 1)
  t.true(departures[0] instanceof WriterDiedError)
  const second = new Child(t, PRODUCERS, 'produceAndStay', { ...args, count: 2 })
  await until(() => seen.length === 5)
  second.tell({ abort: 'restarting' })
  await until(() => departures.length === 2)
  t.true(departures[1] instanceof WriterAbortedError)
  t.is((departures[1] as WriterAbortedError).reason, 'restarting')
  const third = new Child(t, PRODUCERS, 'produceAll', { ...args, count: 4 })
  await all
  await third.finished(t)
  t.deepEqual(seen, [0, 1, 2, 0, 1, 0, 1, 2, 3])
})

test("with reconnect: 'always' a clean end is followed too, and no generation is read twice", async (t) => {
  const name = uniqueName()
  const seen: number[] = []
  const departures: unknown[] = []
  const subscription = fromArena<NumberColumns>(name, {
    reconnect: 'always',
    onReconnect: (why) => departures.push(why),
  })
    .pipe(ids)
    .subscribe({ next: (id) => seen.push(id), complete: () => t.fail() })
  t.teardown(() => subscription.unsubscribe())
  for (let generation = 1; generation <= 5; generation++) {
    const writer = await written(name, 2)
    await writer.end()
    await until(() => departures.length === generation)
    t.is(seen.length, 2 * generation)
    // The ended arena is still there, and must not be taken for the next one.
    if (generation % 2 === 0) {
      const polls = closing(t, createReader(name, { from: 'latest' }))
      t.is(await polls.read(), null)
    }
    writer.close()
  }
  t.deepEqual(departures, [null, null, null, null, null])
})

test('unsubscribing ends the wait for the next writer', async (t) => {
  const name = uniqueName()
  const departures: unknown[] = []
  const subscription = fromArena(name, {
    reconnect: 'always',
    onReconnect: (why) => departures.push(why),
  }).subscribe(() => t.fail())
  const first = await written(name, 0)
  await first.end()
  await until(() => departures.length === 1)
  subscription.unsubscribe()
  first.close()
  const next = closing(t, await written(name, 1))
  t.is(next.stats().joins, 0)
})

test('errors that no other writer would mend are errors with reconnect too', async (t) => {
  const name = uniqueName()
  const writer = closing(t, createWriter(name, { sizeMb: 1, maxReaders: 1 }))
  closing(t, createReader(name))
  await t.throwsAsync(firstValueFrom(fromArena(name, { reconnect: true })), {
    code: 'ERR_QADS_TOO_MANY_READERS',
  })
  await writer.end()
})

test('meterLag knows batches that come from an arena', async (t) => {
  const name = uniqueName()
  const writer = closing(t, await written(name, 3))
  await writer.end()
  const reports: unknown[] = []
  await lastValueFrom(
    fromArena(name).pipe(
      meterLag((lag) => reports.push([lag.batches, lag.lastSequence, lag.lost, lag.meanMs >= 0]), {
        everyMs: 1_000_000,
      }),
    ),
  )
  t.deepEqual(reports, [[3, 2, 0, true]])
})

const BUFFERING: Record<
  string,
  (
    source: Observable<RecordBatch<NumberColumns>>,
    again: Observable<RecordBatch<NumberColumns>>,
  ) => Observable<RecordBatch>
> = {
  rebatchRows: (source) => source.pipe(rebatchRows(7)),
  rebatchTime: (source) => source.pipe(rebatchTime(0)),
  bufferRows: (source) =>
    source.pipe(
      bufferRows(25),
      concatMapBatch((all) => of(...all)),
    ),
  groupAggregate: (source) =>
    source.pipe(
      groupAggregate({ by: ['value'], aggregates: { n: count(), top: max('id') }, window: { rows: 33 } }),
    ),
  asofJoin: (source, again) => source.pipe(asofJoin(again, { on: 'id' })),
  withLatestByKey: (source, again) => source.pipe(withLatestByKey(again.pipe(take(3)), { by: ['id'] })),
}
for (const [name, chain] of Object.entries(BUFFERING)) {
  for (const [rows, batches] of [
    [10, 20],
    [4000, 5],
  ] as const) {
    test(`${name} keeps no batch of ${rows} rows that is released when its credit goes back`, async (t) => {
      const arena = uniqueName()
      const writer = closing(t, createWriter(arena, { sizeMb: 8, bufferCount: 64 }))
      // Ids grow from batch to batch, as an as-of join wants it.
      for (let i = 0; i < batches; i++) await writer.write(numberBatch(10 * i, rows))
      await writer.end()
      const read = (lease: 'gc' | 'scoped') => {
        const open = () => fromArena<NumberColumns>(arena, { lease, maxInFlight: 2 })
        return lastValueFrom(
          chain(open(), open()).pipe(
            map((batch) => batchToRows(batch)),
            toArray(),
          ),
        )
      }
      const [scoped, kept] = [await read('scoped'), await read('gc')]
      // How the two sides of withLatestByKey interleave is a matter of timing.
      if (name === 'withLatestByKey') t.is(scoped.flat().length, kept.flat().length)
      else deepStrictEqual(scoped.flat(), kept.flat())
      t.true(scoped.flat().length > 0)
    })
  }
}

test('lease: scoped releases a batch when the last step that holds its credit is done', async (t) => {
  const name = uniqueName()
  const writer = closing(t, await written(name, 3, 10_000))
  await writer.end()
  const kept: RecordBatch<NumberColumns>[] = []
  const checked = fromArena<NumberColumns>(name, { lease: 'scoped' }).pipe(
    concatMapBatch(async (batch) => {
      await new Promise((resolve) => setImmediate(resolve))
      kept.push(batch)
      return numberBatchId(batch)
    }),
    toArray(),
  )
  t.deepEqual(await lastValueFrom(checked), [0, 1, 2])
  for (const batch of kept) t.throws(() => numberBatchId(batch), { code: 'ERR_QADS_RELEASED' })
})
leavesNothing(test)
