import test from 'ava'
import {
  createReader,
  createWriter,
  inspectArena,
  rowsToBatch,
  WriterAbortedError,
  WriterExistsError,
} from 'qadataswap'
import { fromArena, fromIterable, toArena } from 'qadataswap/rx'
import {
  concat,
  concatMap,
  defer,
  from,
  lastValueFrom,
  NEVER,
  of,
  Subject,
  take,
  throwError,
  toArray,
} from 'rxjs'
import type { RecordBatch } from 'apache-arrow'
import { arenaExists, closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'
import { stopsAt } from './support/settled.js'

const SMALL = { sizeMb: 1, bufferCount: 4 }
const numbers = (count: number) => Array.from({ length: count }, (_, id) => numberBatch(id))
const broken = new RangeError('the source broke')

async function readAll(name: string): Promise<number[]> {
  const ids: number[] = []
  for await (const batch of createReader<NumberColumns>(name, { waitMs: 60_000 }))
    ids.push(numberBatchId(batch))
  return ids
}

test('the sequence of each batch is emitted when it is in the ring, and everything is read', async (t) => {
  const name = uniqueName()
  const read = readAll(name)
  const sequences = await lastValueFrom(from(numbers(20)).pipe(toArena(name, SMALL), toArray()))
  t.deepEqual(
    sequences,
    Array.from({ length: 20 }, (_, i) => i),
  )
  t.deepEqual(await read, sequences)
  t.false(arenaExists(name))
})

test('a batch that the arena drops is null', async (t) => {
  const name = uniqueName()
  const sequences = from(numbers(6)).pipe(
    toArena(name, { ...SMALL, onFull: 'drop-newest', waitForReader: false }),
    toArray(),
  )
  t.deepEqual(await lastValueFrom(sequences), [0, 1, 2, 3, null, null])
})

test('nothing is created before somebody subscribes, and each subscription creates anew', async (t) => {
  const name = uniqueName()
  const written = from(numbers(1)).pipe(toArena(name, { ...SMALL, waitForReader: false }))
  t.false(arenaExists(name))
  await lastValueFrom(written)
  await lastValueFrom(written)
  closing(t, createWriter(name, SMALL))
  await t.throwsAsync(lastValueFrom(written), { instanceOf: WriterExistsError })
})

test('an error of the source is passed on at once, and readers fail with it', async (t) => {
  const name = uniqueName()
  const reader = closing(t, createReader<NumberColumns>(name, { waitMs: 60_000 }))
  const source = new Subject<RecordBatch<NumberColumns>>()
  const written = lastValueFrom(source.pipe(toArena(name, SMALL)))
  await reader.ready()
  for (const batch of numbers(6)) source.next(batch)
  await until(() => inspectArena(name).published === 4)
  source.error(broken)
  t.is(await t.throwsAsync(written), broken)
  for (let id = 0; id < 4; id++) t.is(numberBatchId((await reader.read())!), id)
  const error = await t.throwsAsync(() => reader.read(), { instanceOf: WriterAbortedError })
  t.is(error.reason, 'the source broke')
})

test("with onError: 'end' readers see a clean end, behind what waited", async (t) => {
  const name = uniqueName()
  const read = readAll(name)
  const source = concat(
    from(numbers(10)),
    throwError(() => broken),
  )
  t.is(await t.throwsAsync(lastValueFrom(source.pipe(toArena(name, { ...SMALL, onError: 'end' })))), broken)
  t.deepEqual(await read, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('unsubscribing gives up what waits, and aborts the arena', async (t) => {
  const name = uniqueName()
  const reader = closing(t, createReader(name, { waitMs: 60_000 }))
  const subscription = concat(from(numbers(10)), NEVER)
    .pipe(toArena(name, SMALL))
    .subscribe()
  await reader.ready()
  await until(() => inspectArena(name).published === 4)
  subscription.unsubscribe()
  t.is(inspectArena(name).state, 'aborted')
  for (let id = 0; id < 4; id++) t.truthy(await reader.read())
  await t.throwsAsync(() => reader.read(), {
    instanceOf: WriterAbortedError,
    message: /the subscription ended before its source/,
  })
})

test("with onUnsubscribe: 'end' readers see a clean end", async (t) => {
  const name = uniqueName()
  const reader = closing(t, createReader(name, { waitMs: 60_000 }))
  const subscription = concat(from(numbers(10)), NEVER)
    .pipe(toArena(name, { ...SMALL, onUnsubscribe: 'end' }))
    .subscribe()
  await reader.ready()
  await until(() => inspectArena(name).published === 4)
  subscription.unsubscribe()
  for (let id = 0; id < 4; id++) t.truthy(await reader.read())
  t.is(await reader.read(), null)
})

test('taking enough sequences ends the source in the middle', async (t) => {
  const name = uniqueName()
  let made = 0
  const reader = closing(t, createReader(name, { waitMs: 60_000 }))
  function* endless() {
    for (;;) yield numberBatch(made++)
  }
  // The arena is there from the subscription on, and goes with the third sequence: the reader must be there before.
  const written = defer(() => reader.ready()).pipe(
    concatMap(() => fromIterable(endless(), { maxInFlight: 2 })),
    toArena(name, SMALL),
    take(3),
    toArray(),
  )
  t.deepEqual(await lastValueFrom(written), [0, 1, 2])
  t.true(made <= 5)
})

test('a write that fails is the error, and aborts the arena', async (t) => {
  const name = uniqueName()
  const reader = closing(t, createReader<NumberColumns>(name, { waitMs: 60_000 }))
  const other = rowsToBatch([{ word: 'x' }]) as unknown as RecordBatch<NumberColumns>
  const source = new Subject<RecordBatch<NumberColumns>>()
  const written = lastValueFrom(source.pipe(toArena(name, { ...SMALL, oneSchema: true })))
  await reader.ready()
  source.next(numberBatch(0))
  source.next(other)
  source.next(numberBatch(1))
  await t.throwsAsync(written, { code: 'ERR_QADS_SCHEMA_MISMATCH' })
  t.is(numberBatchId((await reader.read())!), 0)
  await t.throwsAsync(() => reader.read(), { instanceOf: WriterAbortedError })
})

test('what is no batch is the error', async (t) => {
  const name = uniqueName()
  const written = of({ not: 'a batch' } as unknown as RecordBatch).pipe(toArena(name, SMALL))
  await t.throwsAsync(lastValueFrom(written), { code: 'ERR_QADS_INVALID_ARGUMENT' })
  t.false(arenaExists(name))
})

test('with end: false a writer that is given stays open, whatever happens', async (t) => {
  const name = uniqueName()
  const writer = closing(t, createWriter<NumberColumns>(name, SMALL))
  const append = toArena(writer, { end: false })
  t.is(await lastValueFrom(of(numberBatch(0)).pipe(append)), 0)
  await t.throwsAsync(
    lastValueFrom(
      concat(
        of(numberBatch(1)),
        throwError(() => broken),
      ).pipe(append),
    ),
  )
  concat(of(numberBatch(2)), NEVER)
    .pipe(append)
    .subscribe()
    .unsubscribe()
  t.is(inspectArena(name).state, 'open')
  t.is(await lastValueFrom(of(numberBatch(3)).pipe(append)), inspectArena(name).published - 1)
})

test('between two arenas, a full ring behind stops the reading in front', async (t) => {
  const [front, back] = [uniqueName(), uniqueName()]
  const writer = closing(t, createWriter<NumberColumns>(front, { sizeMb: 1, bufferCount: 64 }))
  for (const batch of numbers(40)) await writer.write(batch)
  await writer.end()
  const copied = lastValueFrom(
    fromArena<NumberColumns>(front, { maxInFlight: 3 }).pipe(toArena(back, SMALL), toArray()),
  )
  const cursor = () => inspectArena(front).readers[0]?.cursor ?? 40
  await stopsAt(t, cursor, 4 + 3)
  const reader = closing(t, createReader<NumberColumns>(back))
  for (let id = 0; id < 40; id++) {
    t.is(numberBatchId((await reader.read())!), id)
    await stopsAt(t, cursor, Math.min(40, id + 1 + 4 + 3))
  }
  t.deepEqual(
    await copied,
    Array.from({ length: 40 }, (_, i) => i),
  )
})

test('bad options are refused when the chain is built', (t) => {
  const writer = closing(t, createWriter(uniqueName(), SMALL))
  const refused = { code: 'ERR_QADS_INVALID_ARGUMENT' }
  t.throws(() => toArena('x', { onError: 'ignore' as 'end' }), refused)
  t.throws(() => toArena('x', { onUnsubscribe: 'ignore' as 'end' }), refused)
  t.throws(() => toArena('x', { end: 'no' as unknown as boolean }), refused)
  t.throws(() => toArena('x', { waitForReader: 1 as unknown as boolean }), refused)
  t.throws(() => toArena(writer, { sizeMb: 1 }), refused)
})
leavesNothing(test)
