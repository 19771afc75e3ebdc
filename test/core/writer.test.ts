import test from 'ava'
import { Table } from 'apache-arrow'
import {
  type ArenaReader,
  ClosedError,
  createReader,
  createWriter,
  FullError,
  inspectArena,
  InvalidArgumentError,
  SchemaMismatchError,
  TimedOutError,
  WriterAbortedError,
} from 'qadataswap'

import { arenaExists, closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import {
  numberBatch,
  numberBatchId,
  type NumberColumns,
  numberSchema,
  textBatch,
} from '../support/batches.js'

const FULL_AT_4 = { sizeMb: 1, bufferCount: 4 }

function filled(onFull: 'block' | 'drop-oldest' | 'drop-newest' | 'error' = 'block') {
  const writer = createWriter<NumberColumns>(uniqueName(), { ...FULL_AT_4, onFull })
  const reader = createReader<NumberColumns>(writer.name)
  for (let id = 0; id < 4; id++) writer.writeSync(numberBatch(id))
  return { writer, reader }
}

test('a write resolves with the sequence', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  t.is(await writer.write(numberBatch(0)), 0)
  t.is(writer.writeSync(numberBatch(1)), 1)
  t.true(writer.tryWrite(numberBatch(2)))
  t.is(await writer.write(numberBatch(3)), 3)
})

test('a table is written batch by batch, and an empty one as a batch without rows', async (t) => {
  using writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 1 })
  using reader = createReader<NumberColumns>(writer.name)
  t.is(await writer.write(new Table([numberBatch(0), numberBatch(1), numberBatch(2)])), 2)
  t.is(await writer.write(new Table(numberSchema)), 3)
  for (let id = 0; id < 3; id++) t.is(numberBatchId(reader.tryRead()!), id)
  const empty = reader.tryRead()!
  t.is(empty.numRows, 0)
  t.deepEqual(
    empty.schema.fields.map((field) => field.name),
    ['id', 'value'],
  )
})

test('a batch larger than the ring is split by rows, and each part is read while the next is written', async (t) => {
  using writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 1 })
  using reader = createReader<NumberColumns>(writer.name)
  const rows = 500_000
  const written = writer.write(numberBatch(0, rows))
  let seen = 0
  let parts = 0
  while (seen < rows) {
    const part = (await reader.read())!
    const ids = part.getChild('id')!
    t.is(ids.get(0), seen)
    t.is(ids.get(part.numRows - 1), seen + part.numRows - 1)
    t.is(part.getChild('value')!.get(part.numRows - 1), (seen + part.numRows - 1) / 2)
    seen += part.numRows
    parts++
    reader.release(part)
  }
  t.is(seen, rows)
  t.true(parts >= 6)
  t.is(await written, parts - 1)
})

test('tryWrite writes one batch or refuses', (t) => {
  const { writer, reader } = filled()
  closing(t, writer)
  closing(t, reader)
  t.false(writer.tryWrite(numberBatch(4)))
  t.is(numberBatchId(reader.tryRead()!), 0)
  t.true(writer.tryWrite(numberBatch(4)))
  for (const several of [numberBatch(0, 200_000), new Table([numberBatch(0), numberBatch(1)])]) {
    t.throws(() => writer.tryWrite(several), { instanceOf: InvalidArgumentError, message: /use write\(\)/ })
  }
})

test('concurrent writes go into the ring in the order of the calls', async (t) => {
  const { writer, reader } = filled()
  closing(t, writer)
  closing(t, reader)
  const writes = Array.from({ length: 20 }, (_, i) => writer.write(numberBatch(4 + i)))
  t.false(writer.tryWrite(numberBatch(99)), 'earlier writes wait')
  t.throws(() => writer.writeSync(numberBatch(99)), {
    instanceOf: InvalidArgumentError,
    message: /20 calls wait/,
  })
  for (let id = 0; id < 24; id++) t.is(numberBatchId((await reader.read())!), id)
  t.deepEqual(
    await Promise.all(writes),
    writes.map((_, i) => 4 + i),
  )
})

test('a write that waits in the queue can be cancelled; those behind it go on', async (t) => {
  const { writer, reader } = filled()
  closing(t, writer)
  closing(t, reader)
  const head = new AbortController()
  const middle = new AbortController()
  const cause = new Error('changed my mind')
  const writes = [
    writer.write(numberBatch(100), { signal: head.signal }),
    writer.write(numberBatch(4)),
    writer.write(numberBatch(101), { signal: middle.signal }),
    writer.write(numberBatch(5)),
  ]
  const outcomes = Promise.allSettled(writes)
  middle.abort(cause)
  head.abort(cause)
  for (let id = 0; id < 6; id++) t.is(numberBatchId((await reader.read())!), id)
  t.is(reader.tryRead(), undefined)
  const settled = await outcomes
  t.deepEqual(
    settled.map((outcome) => outcome.status),
    ['rejected', 'fulfilled', 'rejected', 'fulfilled'],
  )
  const error = (settled[0] as PromiseRejectedResult).reason as Error
  t.is(error.name, 'AbortError')
  t.is((error as Error & { code: string }).code, 'ERR_QADS_ABORTED')
  t.is(error.cause, cause)
})

test('a write that waits times out, and has written nothing', async (t) => {
  const { writer, reader } = filled()
  closing(t, writer)
  closing(t, reader)
  for (const timeoutMs of [0, 5]) {
    const error = await t.throwsAsync(writer.write(numberBatch(4), { timeoutMs }), {
      instanceOf: TimedOutError,
    })
    t.is(error.message, `write() to arena "${writer.name}" timed out after ${timeoutMs} ms`)
    t.throws(() => writer.writeSync(numberBatch(4), { timeoutMs }), { instanceOf: TimedOutError })
  }
  for (let id = 0; id < 4; id++) t.is(numberBatchId(reader.tryRead()!), id)
  t.is(reader.tryRead(), undefined)
})

test('a table that is only partly written says so', async (t) => {
  using writer = createWriter<NumberColumns>(uniqueName(), FULL_AT_4)
  const table = new Table(Array.from({ length: 6 }, (_, id) => numberBatch(id)))
  await t.throwsAsync(writer.write(table, { timeoutMs: 5 }), { message: /its first 4 parts are written/ })
})

test('drop-newest: a batch for which there is no room is dropped, counted, and null', async (t) => {
  const { writer, reader } = filled('drop-newest')
  closing(t, writer)
  closing(t, reader)
  t.is(await writer.write(numberBatch(4)), null)
  t.is(writer.writeSync(numberBatch(5)), null)
  t.false(writer.tryWrite(numberBatch(6)))
  t.is(writer.stats().droppedNewest, 3)
  t.is(numberBatchId(reader.tryRead()!), 0)
  t.is(await writer.write(numberBatch(7)), 4)
})

test('error: a batch for which there is no room is an error', async (t) => {
  const { writer, reader } = filled('error')
  closing(t, writer)
  closing(t, reader)
  await t.throwsAsync(writer.write(numberBatch(4)), { instanceOf: FullError, code: 'ERR_QADS_FULL' })
  t.throws(() => writer.writeSync(numberBatch(4)), { instanceOf: FullError })
  t.throws(() => writer.tryWrite(numberBatch(4)), { instanceOf: FullError })
  reader.tryRead()
  t.is(await writer.write(numberBatch(4)), 4)
})

test('drop-oldest: a write never waits', async (t) => {
  const { writer, reader } = filled('drop-oldest')
  closing(t, writer)
  closing(t, reader)
  for (let id = 4; id < 50; id++) t.is(await writer.write(numberBatch(id), { timeoutMs: 0 }), id)
  t.is(writer.stats().droppedOldest, 46)
  t.is(numberBatchId(reader.tryRead()!), 46)
})

test('oneSchema: the first batch decides', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1, oneSchema: true })
  await writer.write(numberBatch(0))
  await t.throwsAsync(writer.write(textBatch(['a'])), { instanceOf: SchemaMismatchError })
  t.is(await writer.write(numberBatch(1)), 1, 'the writer goes on')
})

test('schema: every batch is held against it, and the message says what differs', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1, schema: numberSchema })
  const error = await t.throwsAsync(writer.write(textBatch(['a'])), { instanceOf: SchemaMismatchError })
  t.regex(error.message, /columns "id", "value" are missing; column "text" is not expected/)
  t.throws(() => writer.tryLoan(textBatch(['a']).schema, 1), { instanceOf: SchemaMismatchError })
  t.is(await writer.write(numberBatch(0)), 0)
})

test('after end, abort and close nothing is taken, and the error says which it was', async (t) => {
  const ended = closing(t, createWriter(uniqueName(), { sizeMb: 1 }))
  await ended.end()
  await ended.end()
  const aborted = createWriter(uniqueName(), { sizeMb: 1 })
  aborted.abort('reason')
  const closed = createWriter(uniqueName(), { sizeMb: 1 })
  closed.close()
  closed.close()
  for (const [writer, why] of [
    [ended, 'the arena was ended'],
    [aborted, 'the arena was aborted'],
    [closed, 'the writer is closed'],
  ] as const) {
    const expected = {
      instanceOf: ClosedError,
      code: 'ERR_QADS_CLOSED',
      message: new RegExp(`${writer.name}.*${why}`),
    }
    await t.throwsAsync(writer.write(numberBatch(0)), expected)
    await t.throwsAsync(writer.loan(numberSchema, 1), expected)
    t.throws(() => writer.tryWrite(numberBatch(0)), expected)
    t.throws(() => writer.writeSync(numberBatch(0)), expected)
    t.throws(() => writer.tryLoan(numberSchema, 1), expected)
    t.throws(() => writer.loanSync(numberSchema, 1), expected)
  }
})

test('close fails the writes that wait', async (t) => {
  const { writer, reader } = filled()
  closing(t, reader)
  const waiting = [writer.write(numberBatch(4)), writer.write(numberBatch(5)), writer.drained()]
  writer.close()
  for (const write of waiting)
    await t.throwsAsync<Error>(write as Promise<unknown>, { instanceOf: ClosedError })
  for (let id = 0; id < 4; id++) t.is(numberBatchId(reader.tryRead()!), id)
  t.is(reader.tryRead(), null)
})

test('end waits for the writes before it', async (t) => {
  const { writer, reader } = filled()
  closing(t, writer)
  closing(t, reader)
  const last = writer.write(numberBatch(4))
  const ended = writer.end()
  await t.throwsAsync(writer.write(numberBatch(5)), { instanceOf: ClosedError })
  t.is(inspectArena(writer.name).state, 'open')
  for (let id = 0; id < 5; id++) t.is(numberBatchId((await reader.read())!), id)
  t.is(await reader.read(), null)
  t.is(await last, 4)
  await ended
})

test('drained waits until every reader has read everything', async (t) => {
  const { writer, reader } = filled()
  closing(t, writer)
  closing(t, reader)
  using second = createReader(writer.name)
  await t.throwsAsync(writer.drained({ timeoutMs: 5 }), { instanceOf: TimedOutError, message: /drained\(\)/ })
  let drained = false
  const done = writer.drained().then(() => (drained = true))
  for (let id = 0; id < 4; id++) {
    t.false(drained)
    await reader.read()
    await second.read()
  }
  await done
  t.is(writer.stats().unread, 0)
  await writer.drained()
})

test('drained without readers resolves, and with needReader waits for one', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  await writer.write(numberBatch(0))
  await writer.drained()
  const drained = writer.drained({ needReader: true })
  using reader = createReader(writer.name)
  t.is(numberBatchId((await reader.read())!), 0)
  await drained
  t.pass()
})

test('finish waits for a first reader, and closes as soon as it is there', async (t) => {
  const writer = createWriter(uniqueName(), { sizeMb: 1 })
  await writer.write(numberBatch(0))
  const finished = writer.finish()
  await until(() => inspectArena(writer.name).state === 'ended')
  t.false(writer.closed)
  using reader = createReader(writer.name)
  await finished
  t.true(writer.closed)
  t.is(numberBatchId((await reader.read())!), 0)
  t.is(await reader.read(), null)
  await writer.finish()
})

test('finish without waiting, or under a policy that loses anyway, closes at once', async (t) => {
  const writer = createWriter(uniqueName(), { sizeMb: 1 })
  await writer.write(numberBatch(0))
  await writer.finish({ waitForReader: false })
  t.false(arenaExists(writer.name))
  const dropping = createWriter(uniqueName(), { sizeMb: 1, onFull: 'drop-oldest' })
  await dropping.write(numberBatch(0))
  await dropping.finish()
  t.false(arenaExists(dropping.name))
})

test('finish that times out leaves the writer as it is', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  await writer.write(numberBatch(0))
  await t.throwsAsync(writer.finish({ timeoutMs: 5 }), { message: /waiting for the first reader/ })
  t.false(writer.closed)
  using reader = createReader(writer.name)
  await writer.finish()
  t.is(numberBatchId((await reader.read())!), 0)
})

test('leaving an await using scope closes at once', async (t) => {
  const name = uniqueName()
  {
    await using writer = createWriter(name, { sizeMb: 1 })
    await writer.write(numberBatch(0))
    t.true(arenaExists(name))
  }
  t.false(arenaExists(name))
})

test('a scope that is left before the end aborts, one that ended does not', async (t) => {
  const leave: Record<string, (name: string) => Promise<ArenaReader>> = {
    using: async (name) => {
      using writer = createWriter(name, { sizeMb: 1 })
      const reader = closing(t, createReader(name))
      await writer.write(numberBatch(0))
      return reader
    },
    'await using': async (name) => {
      await using writer = createWriter(name, { sizeMb: 1 })
      const reader = closing(t, createReader(name))
      void writer.write(numberBatch(0))
      return reader
    },
    ended: async (name) => {
      await using writer = createWriter(name, { sizeMb: 1 })
      const reader = closing(t, createReader(name))
      await writer.write(numberBatch(0))
      await writer.end()
      return reader
    },
  }
  for (const [how, scope] of Object.entries(leave)) {
    const reader = await scope(uniqueName())
    t.is(numberBatchId((await reader.read())!), 0, how)
    if (how === 'ended') t.is(await reader.read(), null)
    else {
      await t.throwsAsync(() => reader.read(), {
        instanceOf: WriterAbortedError,
        message: 'the writer was dropped before it ended',
      })
    }
  }
})

test('finish waits for nobody once a reader came, nor under a policy that loses batches', async (t) => {
  const writer = createWriter(uniqueName(), { sizeMb: 1 })
  using slow = createReader(writer.name)
  await writer.write(numberBatch(0))
  await writer.write(numberBatch(1))
  await writer.finish()
  t.is(numberBatchId((await slow.read())!), 0)
  t.is(numberBatchId((await slow.read())!), 1)
  t.is(await slow.read(), null)
  for (const onFull of ['drop-oldest', 'drop-newest', 'error'] as const) {
    const losing = createWriter(uniqueName(), { sizeMb: 1, onFull })
    await losing.write(numberBatch(0))
    await losing.finish()
    t.false(arenaExists(losing.name))
  }
})

test('counters count, also after the close', async (t) => {
  const writer = createWriter(uniqueName(), { sizeMb: 1 })
  using reader = createReader(writer.name)
  await writer.write(numberBatch(0))
  await writer.write(numberBatch(1))
  reader.tryRead()
  const { batches, bytes, bytesCopied, readers, unread, inRing } = writer.stats()
  t.deepEqual({ batches, readers, unread, inRing }, { batches: 2, readers: 1, unread: 1, inRing: 2 })
  t.is(bytesCopied, bytes)
  t.true(bytes > 2 * 10 * 12)
  const before = writer.stats()
  writer.close()
  t.deepEqual(writer.stats(), before)
})
leavesNothing(test)
