import * as streams from 'node:stream'
import { type Duplex, PassThrough, Readable, Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import {
  createReader,
  createWriter,
  inspectArena,
  InvalidArgumentError,
  WriterAbortedError,
} from 'qadataswap'
import {
  ArenaReadable,
  ArenaWritable,
  createReadable,
  createWritable,
  selectColumns,
} from 'qadataswap/streams'

import { arenaExists, closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import type { NumberBatch } from '../contract/surface.js'
import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'

const SMALL_RING = { sizeMb: 1, bufferCount: 4 }

/** An arena with `count` batches that has ended. */
async function ended(count: number) {
  const writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 1 })
  const readable = createReadable<NumberColumns>(writer.name)
  for (let id = 0; id < count; id++) await writer.write(numberBatch(id))
  await writer.finish()
  return readable
}

const range = (count: number) => Array.from({ length: count }, (_, id) => id)

test('the streams are Readable and Writable in object mode', (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  const readable = createReadable(writer.name)
  t.true(readable instanceof Readable && readable instanceof ArenaReadable)
  t.true(readable.readableObjectMode)
  // Whatever the stream reads ahead: what lies behind it must not queue more, since an error drops that.
  t.is(readable.readableHighWaterMark, 1)
  readable.destroy()
  const writable = createWritable(uniqueName(), { sizeMb: 1, highWaterMark: 5 })
  t.true(writable instanceof Writable && writable instanceof ArenaWritable)
  t.true(writable.writableObjectMode)
  t.is(writable.writableHighWaterMark, 5)
  writable.destroy()
})

test("'data' and 'end' come once each, and the reader is closed after the end", async (t) => {
  const readable = await ended(10)
  const ids: number[] = []
  let ends = 0
  readable.on('data', (batch: NumberBatch) => ids.push(numberBatchId(batch)))
  readable.on('end', () => ends++)
  await finished(readable)
  t.deepEqual(ids, range(10))
  t.is(ends, 1)
  t.true(readable.destroyed)
  t.true(readable.reader.closed)
  t.is(readable.stats().batches, 10)
})

test("'readable' and read() give the batches one by one", async (t) => {
  const readable = await ended(10)
  const ids: number[] = []
  readable.on('readable', () => {
    for (let batch = readable.read(); batch !== null; batch = readable.read()) ids.push(numberBatchId(batch))
  })
  await finished(readable)
  t.deepEqual(ids, range(10))
})

test('pause stops taking batches from the ring, and resume goes on', async (t) => {
  using writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 1 })
  const readable = createReadable<NumberColumns>(writer.name)
  const ids: number[] = []
  readable.on('data', (batch: NumberBatch) => {
    ids.push(numberBatchId(batch))
    if (ids.length === 3) readable.pause()
  })
  for (let id = 0; id < 20; id++) await writer.write(numberBatch(id))
  await until(() => readable.isPaused() && readable.readableLength === 1)
  t.deepEqual(ids, range(3))
  t.true(readable.lag >= 20 - 3 - 2 - 1)
  readable.resume()
  await until(() => ids.length === 20)
  t.deepEqual(ids, range(20))
  readable.destroy()
})

test('pipe holds the writer back', async (t) => {
  const writer = createWriter<NumberColumns>(uniqueName(), SMALL_RING)
  const readable = createReadable<NumberColumns>(writer.name)
  const gate: (() => void)[] = []
  const ids: number[] = []
  readable.pipe(
    new Writable({
      objectMode: true,
      highWaterMark: 1,
      write(batch, _encoding, done) {
        ids.push(numberBatchId(batch as never))
        gate.push(done)
      },
    }),
  )
  let written = 0
  const writing = (async () => {
    for (let id = 0; id < 50; id++) {
      await writer.write(numberBatch(id))
      written++
    }
    await writer.finish()
  })()
  for (let id = 0; id < 50; id++) {
    await until(() => gate.length > 0)
    // The ring, two that the Readable is ahead, the destination's, and one on its way between each.
    t.true(written - ids.length <= SMALL_RING.bufferCount + 4)
    gate.shift()!()
  }
  await writing
  t.deepEqual(ids, range(50))
})

test('the iterator helpers work, and give the source back', async (t) => {
  const doubled = await (
    await ended(10)
  )
    .map((batch) => numberBatchId(batch as never) * 2)
    .filter((id: number) => id % 4 === 0)
    .toArray()
  t.deepEqual(doubled, [0, 4, 8, 12, 16])
  t.is(await (await ended(5)).reduce((sum: number, batch) => sum + numberBatchId(batch as never), 0), 10)
  using writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 1 })
  const readable = createReadable<NumberColumns>(writer.name)
  for (let id = 0; id < 10; id++) await writer.write(numberBatch(id))
  const first = await readable.take(3).toArray()
  t.deepEqual(first.map(numberBatchId), [0, 1, 2])
  await until(() => readable.destroyed)
  t.is(inspectArena(writer.name).readers.length, 0)
})

// @types/node does not know it.
const { compose } = streams as unknown as { compose: (...stages: unknown[]) => Duplex }

test('compose makes one stream of several', async (t) => {
  const readable = await ended(5)
  const values = (readable as unknown as { compose(stage: unknown): Readable }).compose(
    selectColumns(['value']),
  )
  const columns = await values
    .map((batch) => (batch as ReturnType<typeof numberBatch>).schema.fields.length)
    .toArray()
  t.deepEqual(columns, [1, 1, 1, 1, 1])
  const name = uniqueName()
  const sink = compose(selectColumns(['id']), createWritable(name, { sizeMb: 1 }))
  const reader = closing(t, createReader(name))
  sink.end(numberBatch(0))
  const batch = (await reader.read())!
  t.deepEqual(
    batch.schema.fields.map((field) => field.name),
    ['id'],
  )
  t.is(await reader.read(), null)
  await finished(sink, { readable: false })
})

test('destroying a Readable ends its wait at once, with the error given', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  const readable = createReadable(writer.name)
  readable.resume()
  await until(() => inspectArena(writer.name).readers[0]!.waiting)
  const outcome = t.throwsAsync(finished(readable), { message: 'enough' })
  readable.destroy(new Error('enough'))
  t.is(inspectArena(writer.name).readers.length, 0)
  await outcome
})

test('a Writable that is destroyed before its end aborts, and says why', async (t) => {
  for (const [destroy, reason] of [
    [(writable: Writable) => writable.destroy(), 'the stream was destroyed before its end'],
    [(writable: Writable) => writable.destroy(new RangeError('disk on fire')), 'disk on fire'],
  ] as const) {
    const writable = createWritable<NumberColumns>(uniqueName(), { sizeMb: 1 })
    const reader = closing(t, createReader<NumberColumns>(writable.writer.name))
    writable.on('error', () => undefined)
    writable.write(numberBatch(0))
    await until(() => writable.writableLength === 0)
    destroy(writable)
    t.is(numberBatchId((await reader.read())!), 0)
    const error = await t.throwsAsync(reader.read(), { instanceOf: WriterAbortedError })
    t.is(error.reason, reason)
  }
})

test('an abort by a signal carries the reason of the signal to readers', async (t) => {
  const stop = new AbortController()
  const writable = createWritable(uniqueName(), { sizeMb: 1, signal: stop.signal })
  const reader = closing(t, createReader(writable.writer.name))
  const outcome = t.throwsAsync(finished(writable), { name: 'AbortError' })
  stop.abort(new Error('deploying version 7'))
  await outcome
  const error = await t.throwsAsync(reader.read(), { instanceOf: WriterAbortedError })
  t.is(error.reason, 'The operation was aborted: deploying version 7')
})

test('a pipeline that fails in the middle aborts its target', async (t) => {
  const name = uniqueName()
  const source = await ended(5)
  const reader = createReader(name, { waitMs: 60_000 })
  const read = (async () => {
    let batches = 0
    for await (const _ of reader) batches++
    return batches
  })()
  const failed = t.throwsAsync(read, { instanceOf: WriterAbortedError, message: /third batch/ })
  let seen = 0
  await t.throwsAsync(
    pipeline(
      source,
      async function* (batches: AsyncIterable<unknown>) {
        for await (const batch of batches) {
          if (++seen === 3) {
            await until(() => inspectArena(name).readers.length > 0)
            throw new Error('third batch')
          }
          yield batch
        }
      },
      createWritable(name, { sizeMb: 1 }),
    ),
    { message: 'third batch' },
  )
  await failed
  t.true(source.destroyed)
})

test('write() says when to stop, and drain when to go on', async (t) => {
  const writable = createWritable<NumberColumns>(uniqueName(), { ...SMALL_RING, highWaterMark: 2 })
  const reader = closing(t, createReader<NumberColumns>(writable.writer.name))
  let id = 0
  // The ring takes four and the stream two, of which one is under way.
  while (writable.write(numberBatch(id++))) await new Promise((resolve) => setImmediate(resolve))
  t.true(id >= SMALL_RING.bufferCount && id <= SMALL_RING.bufferCount + 3)
  t.true(writable.writableNeedDrain)
  const drained = new Promise((resolve) => writable.once('drain', resolve))
  for (let read = 0; read < id; read++) t.is(numberBatchId((await reader.read())!), read)
  await drained
  writable.end(numberBatch(id))
  t.is(numberBatchId((await reader.read())!), id)
  t.is(await reader.read(), null)
  await finished(writable)
  t.true(writable.writer.closed)
})

test('corked writes go out together and in order', async (t) => {
  const writable = createWritable<NumberColumns>(uniqueName(), { sizeMb: 1 })
  const reader = closing(t, createReader<NumberColumns>(writable.writer.name))
  writable.cork()
  const done: number[] = []
  for (const id of range(20)) writable.write(numberBatch(id), () => done.push(id))
  t.is(writable.stats().batches, 0)
  writable.uncork()
  writable.end()
  for (const id of range(20)) t.is(numberBatchId((await reader.read())!), id)
  await finished(writable)
  t.deepEqual(done, range(20))
})

test('what is no batch destroys a Writable with an error that says what it got', async (t) => {
  const writable = createWritable(uniqueName(), { sizeMb: 1 })
  const failed = t.throwsAsync(finished(writable), {
    instanceOf: InvalidArgumentError,
    message: /got "text"/,
  })
  writable.write('text')
  await failed
  t.false(arenaExists(writable.writer.name))
})

test('what a destroy cuts off gets the error that streams give', async (t) => {
  for (const full of [false, true]) {
    for (const reason of [undefined, new RangeError('enough')]) {
      const writable = createWritable<NumberColumns>(uniqueName(), SMALL_RING)
      writable.on('error', () => undefined)
      const outcomes: Promise<NodeJS.ErrnoException>[] = []
      const outcome = (start: (callback: (error?: Error | null) => void) => void) =>
        outcomes.push(new Promise((resolve) => start((error) => resolve(error as never))))
      if (full) {
        while (writable.writer.tryWrite(numberBatch(0)));
        outcome((callback) => writable.write(numberBatch(1), callback))
        outcome((callback) => writable.write(numberBatch(2), callback))
      } else {
        t.true(writable.writer.tryWrite(numberBatch(0)))
      }
      outcome((callback) => writable.end(callback))
      // The end is under way: it waits for a first reader, or behind the writes.
      await turn()
      writable.destroy(reason)
      for (const error of await Promise.all(outcomes)) {
        if (reason === undefined) t.is(error.code, 'ERR_STREAM_DESTROYED')
        else t.is(error, reason)
      }
    }
  }
})

test('a finished Writable waits for a first reader, unless told not to', async (t) => {
  const writable = createWritable<NumberColumns>(uniqueName(), { sizeMb: 1 })
  writable.end(numberBatch(0))
  const name = writable.writer.name
  await until(() => inspectArena(name).state === 'ended')
  t.false(writable.writableFinished)
  const reader = closing(t, createReader<NumberColumns>(name))
  await finished(writable)
  t.is(numberBatchId((await reader.read())!), 0)
  t.is(await reader.read(), null)

  const hasty = createWritable(uniqueName(), { sizeMb: 1, waitForReader: false })
  hasty.end(numberBatch(0))
  await finished(hasty)
  t.false(arenaExists(hasty.writer.name))
})

test('readers and writers that exist can be given; the stream then owns them', async (t) => {
  const writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 1 })
  const reader = createReader<NumberColumns>(writer.name)
  const copied = pipeline(createReadable(reader), new PassThrough({ objectMode: true }), async (source) => {
    let sum = 0
    for await (const batch of source as AsyncIterable<ReturnType<typeof numberBatch>>)
      sum += numberBatchId(batch)
    t.is(sum, 10)
  })
  await pipeline(Readable.from(range(5).map((id) => numberBatch(id))), createWritable(writer))
  await copied
  t.true(writer.closed)
  t.true(reader.closed)
})

test('options that have no effect are refused', (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  using reader = createReader(writer.name)
  using scoped = createReader(writer.name, { lease: 'scoped' })
  const invalid = { instanceOf: InvalidArgumentError }
  t.throws(() => createReadable(reader, { from: 'latest' }), { ...invalid, message: /options\.from/ })
  t.throws(() => createReadable(reader, { lease: 'copy' }), { ...invalid, message: /options\.lease/ })
  t.throws(() => createReadable(scoped), { ...invalid, message: /scoped/ })
  t.throws(() => createWritable(writer, { sizeMb: 2 }), { ...invalid, message: /options\.sizeMb/ })
  for (const highWaterMark of [0, -1, 1.5, '2']) {
    t.throws(() => createReadable(writer.name, { highWaterMark: highWaterMark as number }), {
      ...invalid,
      message: /highWaterMark/,
    })
  }
  t.throws(() => createWritable(uniqueName(), { waitForReader: 1 as never }), invalid)
  t.is(inspectArena(writer.name).readers.length, 2)
})

test('scoped: a handler has each batch until it returns, and what was left behind is released', async (t) => {
  using writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 4 })
  const readable = createReadable<NumberColumns>(writer.name, { lease: 'scoped' })
  for (let id = 0; id < 20; id++) await writer.write(numberBatch(id, 10_000))
  await writer.end()
  const seen: ReturnType<typeof numberBatch>[] = []
  readable.on('data', (batch: NumberBatch) => {
    t.is(numberBatchId(batch), seen.push(batch) - 1)
  })
  await finished(readable)
  t.throws(() => seen[0]!.getChild('id'), { code: 'ERR_QADS_RELEASED' })
  // Two ahead, one with the consumer and one on its way.
  t.true(readable.stats().leases <= 4)
})

test('copy: the stream holds nothing in the ring', async (t) => {
  using writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 4 })
  const readable = createReadable<NumberColumns>(writer.name, { lease: 'copy' })
  for (let id = 0; id < 10; id++) await writer.write(numberBatch(id, 10_000))
  await writer.end()
  const kept = await readable.toArray()
  t.deepEqual(kept.map(numberBatchId), range(10))
  t.is(readable.stats().bytesCopied, readable.stats().bytes)
})
leavesNothing(test)
