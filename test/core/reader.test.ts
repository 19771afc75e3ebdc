import test from 'ava'
import {
  batchInfo,
  ClosedError,
  createReader,
  createWriter,
  inspectArena,
  InvalidArgumentError,
  NotFoundError,
  TimedOutError,
} from 'qadataswap'

import { closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'

function pair(count = 0) {
  const writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 1 })
  const reader = createReader<NumberColumns>(writer.name)
  for (let id = 0; id < count; id++) writer.writeSync(numberBatch(id))
  return { writer, reader }
}

test('tryRead gives a batch, undefined while nothing is ready, and null at the end, again and again', async (t) => {
  const { writer, reader } = pair(1)
  closing(t, reader)
  t.is(numberBatchId(reader.tryRead()!), 0)
  t.is(reader.tryRead(), undefined)
  t.is(reader.tryRead(), undefined)
  writer.close()
  t.is(reader.tryRead(), null)
  t.is(await reader.read(), null)
  t.is(reader.readSync(), null)
  t.is(reader.tryRead(), null)
})

test('readSync gives what is there, and times out', (t) => {
  const { writer, reader } = pair(1)
  closing(t, writer)
  closing(t, reader)
  t.is(numberBatchId(reader.readSync()!), 0)
  for (const timeoutMs of [0, 5]) {
    const error = t.throws(() => reader.readSync({ timeoutMs }), { instanceOf: TimedOutError })
    t.is(error.message, `read() of arena "${writer.name}" timed out after ${timeoutMs} ms`)
  }
})

test('reads are served in the order of the calls', async (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  const reads = Array.from({ length: 10 }, () => reader.read())
  t.is(reader.tryRead(), undefined, 'earlier reads wait')
  t.throws(() => reader.readSync(), { instanceOf: InvalidArgumentError, message: /10 read\(\) calls wait/ })
  for (let id = 0; id < 10; id++) writer.tryWrite(numberBatch(id))
  t.deepEqual(
    (await Promise.all(reads)).map((batch) => numberBatchId(batch!)),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
})

test('a read that is cancelled or times out takes no batch, and those behind it are served', async (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  const stop = new AbortController()
  const cancelled = reader.read({ signal: stop.signal })
  const late = reader.read({ timeoutMs: 5 })
  const served = reader.read()
  const outcomes = [
    t.throwsAsync(cancelled, { name: 'AbortError', code: 'ERR_QADS_ABORTED', message: /read\(\) of arena/ }),
    t.throwsAsync(late, { instanceOf: TimedOutError }),
  ]
  stop.abort()
  await Promise.all(outcomes)
  writer.tryWrite(numberBatch(0))
  writer.tryWrite(numberBatch(1))
  t.is(numberBatchId((await served)!), 0)
  t.is(numberBatchId((await reader.read({ timeoutMs: 0 }))!), 1)
  await t.throwsAsync(reader.read({ timeoutMs: 0 }), { instanceOf: TimedOutError })
  await t.throwsAsync(reader.read({ signal: AbortSignal.abort(new Error('why')) }), { name: 'AbortError' })
})

test('close fails the reads that wait and everything after it, and is idempotent', async (t) => {
  const { writer, reader } = pair(1)
  closing(t, writer)
  const kept = reader.tryRead()!
  const waiting = [reader.read(), reader.read()]
  reader.close()
  reader.close()
  const expected = { instanceOf: ClosedError, code: 'ERR_QADS_CLOSED', message: /the reader is closed/ }
  for (const read of waiting) await t.throwsAsync(read, expected)
  await t.throwsAsync(reader.read(), expected)
  await t.throwsAsync(reader.ready(), expected)
  t.throws(() => reader.tryRead(), expected)
  t.throws(() => reader.readSync(), expected)
  t.is(reader.lag, 0)
  t.true(reader.closed)
  t.is(numberBatchId(kept), 0, 'batches stay valid')
  t.is(reader.release(kept), true)
})

test('from: earliest is what is still in the ring, latest what comes next, a sequence that batch', (t) => {
  const { writer, reader } = pair(5)
  closing(t, writer)
  closing(t, reader)
  const first = (from: 'earliest' | 'latest' | number) => {
    using other = createReader<NumberColumns>(writer.name, { from })
    return other.tryRead()
  }
  t.is(numberBatchId(first('earliest')!), 0)
  t.is(numberBatchId(first(3)!), 3)
  t.is(first('latest'), undefined)
  using latest = createReader<NumberColumns>(writer.name, { from: 'latest' })
  writer.tryWrite(numberBatch(5))
  t.is(numberBatchId(latest.tryRead()!), 5)
})

test('every reader gets every batch, wherever the others are', async (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  const readers = [reader, ...Array.from({ length: 31 }, () => createReader<NumberColumns>(writer.name))]
  const results = readers.map(async (one) => {
    const ids: number[] = []
    for await (const batch of one) ids.push(numberBatchId(batch))
    return ids
  })
  for (let id = 0; id < 200; id++) await writer.write(numberBatch(id))
  await writer.end()
  const expected = Array.from({ length: 200 }, (_, id) => id)
  for (const ids of await Promise.all(results)) t.deepEqual(ids, expected)
})

test('waitMs: the first read waits for the arena, and is cancelled while it does', async (t) => {
  const name = uniqueName()
  using reader = createReader<NumberColumns>(name, { waitMs: Infinity })
  t.false(reader.attached)
  t.is(reader.generation, 0)
  t.is(reader.lag, 0)
  t.is(reader.tryRead(), undefined)
  t.is(reader.stats().batches, 0)
  await t.throwsAsync(reader.read({ timeoutMs: 5 }), {
    instanceOf: TimedOutError,
    message: /waiting for arena ".*" to be created timed out/,
  })
  const stop = new AbortController()
  const cancelled = t.throwsAsync(reader.ready({ signal: stop.signal }), { name: 'AbortError' })
  stop.abort()
  await cancelled
  const read = reader.read()
  const ready = reader.ready()
  using writer = createWriter<NumberColumns>(name, { sizeMb: 1 })
  writer.tryWrite(numberBatch(7))
  t.is(numberBatchId((await read)!), 7)
  await ready
  t.true(reader.attached)
  t.is(reader.generation, writer.generation)
})

test('waitMs: an arena that does not come in time is an error', async (t) => {
  using reader = createReader(uniqueName(), { waitMs: 10 })
  const error = await t.throwsAsync(reader.read(), { instanceOf: NotFoundError })
  t.regex(error.message, /waited 10 ms/)
  using other = createReader(uniqueName(), { waitMs: 10 })
  t.throws(() => other.readSync(), { instanceOf: NotFoundError })
  using third = createReader(uniqueName(), { waitMs: 60_000 })
  t.throws(() => third.readSync({ timeoutMs: 5 }), { instanceOf: TimedOutError })
})

test('a reader that waits for its arena can be closed', async (t) => {
  const reader = createReader(uniqueName(), { waitMs: Infinity })
  const read = reader.read()
  reader.close()
  await t.throwsAsync(read, { instanceOf: ClosedError })
})

test('an exception in onLoss surfaces as uncaught, and the batch is delivered', async (t) => {
  using writer = createWriter<NumberColumns>(uniqueName(), {
    sizeMb: 1,
    bufferCount: 2,
    onFull: 'drop-oldest',
  })
  const reader = createReader<NumberColumns>(writer.name, {
    onLoss: () => {
      throw new RangeError('in the listener')
    },
  })
  closing(t, reader)
  for (let id = 0; id < 5; id++) writer.tryWrite(numberBatch(id))
  const uncaught = new Promise<Error>((resolve) => {
    const listeners = process.rawListeners('uncaughtException') as NodeJS.UncaughtExceptionListener[]
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', (error) => {
      for (const listener of listeners) process.on('uncaughtException', listener)
      resolve(error)
    })
  })
  const batch = reader.tryRead()!
  t.is(numberBatchId(batch), 3)
  t.deepEqual(batchInfo(batch)!.lost, { first: 0, count: 3 })
  t.is((await uncaught).message, 'in the listener')
  t.is(reader.stats().lost, 3)
})

test('lag and counters follow the reader, also after its close', (t) => {
  const { writer, reader } = pair(3)
  closing(t, writer)
  t.is(reader.lag, 3)
  reader.tryRead()
  t.is(reader.lag, 2)
  const { batches, bytes, bytesCopied, lost, cursor, lag } = reader.stats()
  t.deepEqual({ batches, lost, cursor, lag }, { batches: 1, lost: 0, cursor: 1, lag: 2 })
  t.is(bytesCopied, bytes, 'small batches are copied out')
  const before = reader.stats()
  reader.close()
  t.deepEqual(reader.stats(), before)
})

test('batches: break closes the reader, unless it is to be kept', async (t) => {
  const { writer, reader } = pair(4)
  closing(t, writer)
  closing(t, reader)
  for await (const batch of reader.batches({ keepOpen: true })) {
    t.is(numberBatchId(batch), 0)
    break
  }
  t.false(reader.closed)
  for await (const batch of reader) {
    t.is(numberBatchId(batch), 1)
    break
  }
  t.true(reader.closed)
  t.is(inspectArena(writer.name).readers.length, 0)
})

test('return() ends a next() that waits', async (t) => {
  for (const keepOpen of [false, true]) {
    const { writer, reader } = pair()
    closing(t, writer)
    closing(t, reader)
    const batches = reader.batches({ keepOpen })
    const next = batches.next()
    t.deepEqual(await batches.return!(), { done: true, value: undefined })
    t.deepEqual(await next, { done: true, value: undefined })
    t.deepEqual(await batches.next(), { done: true, value: undefined })
    t.is(reader.closed, !keepOpen)
  }
})

test('a loop that always finds batches lets timers and immediates run', async (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  let turns = 0
  const count = () => {
    turns++
    immediate = setImmediate(count)
  }
  let immediate = setImmediate(count)
  await until(() => turns > 0)
  turns = 0
  const batch = numberBatch(0)
  for (const start = performance.now(); performance.now() - start < 100;) {
    await writer.write(batch)
    await reader.read()
  }
  clearImmediate(immediate)
  t.true(turns > 0)
})
leavesNothing(test)
