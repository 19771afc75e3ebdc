import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import test from 'ava'
import { type RecordBatch, util } from 'apache-arrow'
import fc from 'fast-check'
import { createReader, createWriter } from 'qadataswap'
import {
  createReadable,
  createWritable,
  dropColumns,
  filterRows,
  fromRows,
  rebatch,
  renameColumns,
  selectColumns,
  sliceRows,
  limitRows,
  tap,
  toRows,
} from 'qadataswap/streams'

import { leavesNothing, uniqueName } from '../support/arenas.js'
import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'

/** Batches whose ids run on from one to the next. */
function batches(...sizes: number[]): RecordBatch<NumberColumns>[] {
  let first = 0
  return sizes.map((rows) => {
    const batch = numberBatch(first / 1000, rows)
    first += rows
    return batch
  })
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

const through = <T = RecordBatch<NumberColumns>>(source: Iterable<unknown>, ...stages: Transform[]) =>
  collect(stages.reduce<Readable>((from, to) => from.pipe(to), Readable.from(source)) as AsyncIterable<T>)

const idsOf = (batch: RecordBatch<NumberColumns>) => [...batch.getChild('id')!] as number[]

test('rebatch by rows gives every row once, in order, in batches of exactly so many rows', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(40), { maxLength: 20 }),
      fc.integer({ min: 1, max: 50 }),
      async (sizes, rows) => {
        const out = await through(batches(...sizes), rebatch({ rows }))
        const total = sizes.reduce((sum, size) => sum + size, 0)
        const ids = out.flatMap(idsOf)
        if (ids.length !== total || ids.some((id, i) => id !== i)) throw new Error('rows differ')
        const lengths = out.map((batch) => batch.numRows)
        const expected = Array.from({ length: Math.ceil(total / rows) }, (_, i) =>
          Math.min(rows, total - i * rows),
        )
        if (String(lengths) !== String(expected))
          throw new Error(`${String(lengths)} instead of ${String(expected)}`)
      },
    ),
    { numRuns: 100 },
  )
  t.pass()
})

test('rebatch makes its outputs as they are asked for, not all at once', async (t) => {
  let made = 0
  const stage = rebatch<NumberColumns>({ rows: 1 })
  stage.on('data', () => {
    made++
    stage.pause()
  })
  stage.write(numberBatch(0, 1000))
  await new Promise((resolve) => setImmediate(resolve))
  t.is(made, 1)
  t.true(stage.readableLength <= stage.readableHighWaterMark)
  stage.destroy()
})

test('select, drop and rename change columns and share their memory', async (t) => {
  const [batch] = batches(10)
  const [selected] = await through<RecordBatch>([batch], selectColumns(['value']))
  t.deepEqual(
    selected!.schema.fields.map((field) => field.name),
    ['value'],
  )
  t.is(selected!.getChild('value')!.data[0]!.values, batch!.getChild('value')!.data[0]!.values)
  const [dropped] = await through<RecordBatch>([batch], dropColumns(['value']))
  t.deepEqual(
    dropped!.schema.fields.map((field) => field.name),
    ['id'],
  )
  const [renamed] = await through<RecordBatch>([batch], renameColumns({ id: 'key' }))
  t.deepEqual(
    renamed!.schema.fields.map((field) => field.name),
    ['key', 'value'],
  )
  t.is(renamed!.getChild('key')!.data[0]!.values, batch!.getChild('id')!.data[0]!.values)
})

test('a column that is not there destroys the pipeline with an error that lists those that are', async (t) => {
  for (const stage of [
    selectColumns(['price']),
    dropColumns(['price']),
    renameColumns({ price: 'p' }),
    filterRows(['price'], () => true),
  ]) {
    await t.throwsAsync(
      pipeline(Readable.from(batches(3)), stage, Readable.prototype.toArray.bind(stage) as never),
      {
        code: 'ERR_QADS_COLUMN_NOT_FOUND',
        message: /"id", "value"/,
      },
    )
  }
})

test('filter keeps the rows for which the predicate holds, and leaves out batches without any', async (t) => {
  const out = await through(
    batches(10, 10, 10),
    filterRows(['id', 'value'], (id, value) =>
      id < 10 ? id % 2 === 0 : (id as number) >= 20 && value !== null,
    ),
  )
  t.deepEqual(out.map(idsOf), [
    [0, 2, 4, 6, 8],
    [20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
  ])
})

test('sliceRows and limitRows cut the stream by rows and give the source back as soon as they have them', async (t) => {
  const sizes = [4, 4, 4, 4]
  for (const [begin, end] of [
    [0, 0],
    [0, 1],
    [3, 5],
    [4, 8],
    [2, 14],
    [15, 99],
    [20, 30],
    [0, Infinity],
  ] as const) {
    const out = await collect(sliceRows<NumberColumns>(begin, end)(Readable.from(batches(...sizes))))
    const expected = Array.from({ length: 16 }, (_, i) => i).slice(begin, end)
    t.deepEqual(out.flatMap(idsOf), expected)
    t.true(out.every((batch) => batch.numRows > 0))
  }
  const name = uniqueName()
  using writer = createWriter<NumberColumns>(name, { sizeMb: 1 })
  for (const batch of batches(4, 4)) writer.tryWrite(batch)
  // The writer goes on for ever; the pipeline ends all the same.
  const readable = createReadable<NumberColumns>(name)
  const copy = uniqueName()
  const reader = createReader<NumberColumns>(copy, { waitMs: 60_000 })
  const copied = collect(reader)
  await pipeline(readable, limitRows<NumberColumns>(6), createWritable<NumberColumns>(copy, { sizeMb: 1 }))
  t.true(readable.destroyed)
  t.deepEqual((await copied).flatMap(idsOf), [0, 1, 2, 3, 4, 5])
  for (const wrong of [-1, 1.5, NaN]) t.throws(() => limitRows(wrong), { code: 'ERR_QADS_INVALID_ARGUMENT' })
  t.throws(() => sliceRows(5, 4), { code: 'ERR_QADS_INVALID_ARGUMENT' })
})

test('tap passes everything through and counts it', async (t) => {
  const seen: number[] = []
  const name = uniqueName()
  using writer = createWriter<NumberColumns>(name, { sizeMb: 1 })
  const readable = createReadable<NumberColumns>(name)
  for (const batch of batches(4, 5, 6)) await writer.write(batch)
  await writer.end()
  const meter = tap<NumberColumns>((batch, stats) => {
    seen.push(batch.numRows)
    t.is(stats.batches, seen.length)
  })
  const out = await collect(readable.pipe(meter))
  t.deepEqual(
    out.flatMap(idsOf),
    Array.from({ length: 15 }, (_, i) => i),
  )
  t.deepEqual(seen, [4, 5, 6])
  const { batches: count, rows, bytes, lost, elapsedMs, rowsPerSecond } = meter.stats()
  t.deepEqual({ count, rows, lost }, { count: 3, rows: 15, lost: 0 })
  t.is(bytes, writer.stats().bytes)
  t.true(elapsedMs >= 0 && rowsPerSecond >= 0)
  const idle = await through(batches(2), tap())
  t.is(numberBatchId(idle[0]!), 0)
})

test('rows become batches and rows again', async (t) => {
  const rows = Array.from({ length: 25 }, (_, i) => ({
    id: i,
    name: `n${i}`,
    tags: i % 3 === 0 ? null : [i, i + 1],
  }))
  const out = await through<RecordBatch>(rows, fromRows({ batchRows: 10 }))
  t.deepEqual(
    out.map((batch) => batch.numRows),
    [10, 10, 5],
  )
  t.true(out.every((batch) => util.compareSchemas(batch.schema, out[0]!.schema)))
  t.deepEqual(await through<object>(out, toRows()), rows)
  t.deepEqual(await through<object>(rows, fromRows({ batchRows: 7 }), rebatch({ rows: 4 }), toRows()), rows)
  const typed = await through(rows, fromRows({ schema: numberBatch(0).schema, batchRows: 25 })).then(
    ([batch]) => batch!,
  )
  t.deepEqual([idsOf(typed)[24], typed.getChild('value')!.get(0)], [24, null])
  await t.throwsAsync(through([{ id: 1 }, { id: 'x' }], fromRows()), { code: 'ERR_QADS_INVALID_ARGUMENT' })
})

test('transforms between two arenas keep the order and the end', async (t) => {
  const [from, to] = [uniqueName(), uniqueName()]
  const source = createWriter<NumberColumns>(from, { sizeMb: 1, bufferCount: 4 })
  const copied = pipeline(
    createReadable<NumberColumns>(from),
    rebatch<NumberColumns>({ rows: 7 }),
    tap<NumberColumns>(),
    createWritable<NumberColumns>(to, { sizeMb: 1, bufferCount: 4 }),
  )
  const target = createReader<NumberColumns>(to, { waitMs: 60_000 })
  const read = collect(target)
  for (const batch of batches(...Array.from({ length: 100 }, () => 10))) await source.write(batch)
  await source.finish()
  await copied
  const out = await read
  t.deepEqual(
    out.flatMap(idsOf),
    Array.from({ length: 1000 }, (_, i) => i),
  )
  t.true(out.slice(0, -1).every((batch) => batch.numRows === 7))
})
leavesNothing(test)
