import { makeData, RecordBatch, Schema, Struct } from 'apache-arrow'
import test from 'ava'
import { createReader, createWriter, SharedDataFrame } from 'qadataswap'
import pl from 'nodejs-polars'

import { arenaExists, closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import { numberBatch } from '../support/batches.js'
import { Child } from '../support/child_process.js'
import { collectGarbage } from '../support/gc.js'

const FRAMES = new URL('./frame_tasks.js', import.meta.url).href

function frame(rows = 3) {
  const at = (value: (i: number) => unknown) =>
    Array.from({ length: rows }, (_, i) => (i % 5 === 4 ? null : value(i)))
  return pl.DataFrame({
    int: pl.Series(
      'int',
      at((i) => i),
      pl.Int64,
    ),
    small: pl.Series(
      'small',
      at((i) => i % 100),
      pl.Int8,
    ),
    float: pl.Series(
      'float',
      at((i) => i / 3),
      pl.Float64,
    ),
    text: pl.Series(
      'text',
      at((i) => `row ${i} with more than twelve bytes`),
    ),
    short: pl.Series(
      'short',
      at((i) => `r${i % 10}`),
    ),
    flag: pl.Series(
      'flag',
      at((i) => i % 2 === 0),
      pl.Bool,
    ),
    when: pl.Series(
      'when',
      at((i) => new Date(1_700_000_000_000 + i * 1000)),
      pl.Datetime('ms'),
    ),
    list: pl.Series(
      'list',
      at((i) => [i, i + 1]),
    ),
  })
}

for (const rows of [0, 1, 3, 1000, 100_000]) {
  test(`a DataFrame of ${rows} rows comes out as it went in`, async (t) => {
    using writer = SharedDataFrame.createWriter(uniqueName(), { sizeMb: 64 })
    using reader = SharedDataFrame.createReader(writer.name)
    const sent = frame(rows)
    t.is(await writer.write(sent), 0)
    const received = (await reader.read())!
    t.deepEqual(received.dtypes.map(String), sent.dtypes.map(String))
    t.true(received.frameEqual(sent, true))
  })
}

test('a frame of several chunks is one batch', async (t) => {
  using writer = SharedDataFrame.createWriter(uniqueName(), { sizeMb: 4 })
  using reader = SharedDataFrame.createReader(writer.name)
  const sent = frame(10).vstack(frame(20)).vstack(frame(30))
  t.is(await writer.write(sent), 0)
  t.true((await reader.read())!.frameEqual(sent, true))
  t.is(writer.stats().batches, 1)
})

test('a frame larger than the ring comes in parts', async (t) => {
  using writer = SharedDataFrame.createWriter(uniqueName(), { sizeMb: 1 })
  using reader = SharedDataFrame.createReader(writer.name)
  const sent = frame(50_000)
  const written = writer.write(sent).then(() => writer.end())
  const parts = []
  for await (const part of reader) parts.push(part)
  await written
  t.true(parts.length > 1)
  t.true(pl.concat(parts).frameEqual(sent, true))
})

test('frames keep no lease', async (t) => {
  using writer = SharedDataFrame.createWriter(uniqueName(), { sizeMb: 16 })
  using reader = SharedDataFrame.createReader(writer.name)
  for (let i = 0; i < 5; i++) await writer.write(frame(10_000))
  const kept = []
  for (let i = 0; i < 5; i++) kept.push(i % 2 === 0 ? reader.tryRead()! : reader.readSync()!)
  t.is(reader.stats().leases, 0)
  for (const one of kept) t.true(one.frameEqual(frame(10_000), true))
})

test('frames and record batches are the same batches', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 4 })
  using frames = SharedDataFrame.createReader(writer.name)
  using batches = createReader(writer.name)
  await writer.write(numberBatch(1, 5))
  await writer.write(frame(3))
  t.deepEqual((await frames.read())!.toRecords(), [
    { id: 1000, value: 500 },
    { id: 1001, value: 500.5 },
    { id: 1002, value: 501 },
    { id: 1003, value: 501.5 },
    { id: 1004, value: 502 },
  ])
  t.is((await batches.read())!.numRows, 5)
  const batch = (await batches.read())!
  t.deepEqual([...batch.getChild('text')!], frame(3).getColumn('text').toArray())
  t.deepEqual([...batch.getChild('int')!], [0n, 1n, 2n])
})

test('a reader of frames waits, ends and closes like any reader', async (t) => {
  const name = uniqueName()
  const reader = closing(t, SharedDataFrame.createReader(name, { waitMs: 60_000 }))
  const read = reader.read()
  const writer = SharedDataFrame.createWriter(name, { sizeMb: 1 })
  await writer.write(frame(3))
  t.is((await read)!.height, 3)
  t.is(reader.tryRead(), undefined)
  await t.throwsAsync(reader.read({ timeoutMs: 1 }), { code: 'ERR_QADS_TIMED_OUT' })
  await t.throwsAsync(reader.read({ signal: AbortSignal.abort() }), { name: 'AbortError' })
  await writer.finish()
  t.is(await reader.read(), null)
  t.is(reader.tryRead(), null)
  t.is(reader.readSync(), null)
  reader.close()
  await t.throwsAsync(reader.read(), { code: 'ERR_QADS_CLOSED' })
  t.throws(() => SharedDataFrame.createReader(name, { lease: 'gc' } as never), {
    code: 'ERR_QADS_INVALID_ARGUMENT',
  })
})

test('columns may have the name of anything but a method that is needed', async (t) => {
  using writer = SharedDataFrame.createWriter(uniqueName(), { sizeMb: 1 })
  using reader = SharedDataFrame.createReader(writer.name)
  const named = (name: string) => pl.DataFrame(Object.fromEntries([[name, ['x', 'y']]]))
  for (const name of ['toString', 'constructor', '__proto__', 'height', 'columns', 'hstack', 'then', '']) {
    await writer.write(named(name))
    const got = (await reader.read())!
    t.deepEqual(Object.keys(got), [name])
    t.is(String(Reflect.get(got, name)), String(Reflect.get(named(name), name)))
  }
  for (const name of ['writeIPC', 'rechunk', 'slice']) {
    await t.throwsAsync(writer.write(named(name)), {
      code: 'ERR_QADS_INVALID_ARGUMENT',
      message: new RegExp(`column "${name}"`),
    })
  }
})

test('a batch with two columns of one name is no frame, and the next batch is', async (t) => {
  using writer = SharedDataFrame.createWriter(uniqueName(), { sizeMb: 1 })
  using reader = SharedDataFrame.createReader(writer.name)
  const one = numberBatch(1, 2)
  const fields = [...one.schema.fields, ...one.schema.fields]
  const children = [...one.data.children, ...one.data.children]
  const type = new Struct(fields)
  await writer.write(
    new RecordBatch(new Schema(fields), makeData({ type, length: 2, nullCount: 0, children })),
  )
  await writer.write(one)
  await t.throwsAsync(reader.read(), { code: 'ERR_QADS_INVALID_ARGUMENT', message: /two columns "/ })
  t.is((await reader.read())!.height, 2)
})

test('a lazy frame is not a frame', async (t) => {
  using writer = SharedDataFrame.createWriter(uniqueName(), { sizeMb: 1 })
  await t.throwsAsync(writer.write(frame(3).lazy() as never), {
    code: 'ERR_QADS_INVALID_ARGUMENT',
    message: /collect\(\)/,
  })
})

test('frames go from process to process', async (t) => {
  const name = uniqueName()
  const child = new Child(t, FRAMES, 'writeFrames', { name, count: 50, rows: 1000 })
  const reader = closing(t, SharedDataFrame.createReader(name, { waitMs: 60_000 }))
  let i = 0
  for await (const one of reader) {
    t.is(one.height, 1000)
    t.is(one.getColumn('id').sum(), 1000 * i + 499_500)
    i++
  }
  t.is(i, 50)
  await child.finished(t)
  await until(() => !arenaExists(name))
})

test('without nodejs-polars, record batches work and frames give one clear error', async (t) => {
  const child = new Child(t, FRAMES, 'withoutPolars', { name: uniqueName() })
  const { code, message, rows } = (await child.report()) as { code: string; message: string; rows: number }
  t.is(code, 'ERR_QADS_POLARS_MISSING')
  t.regex(message, /npm install nodejs-polars/)
  t.is(rows, 10)
  await child.finished(t)
})

test.after.always(collectGarbage)
leavesNothing(test)
