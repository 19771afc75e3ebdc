import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import test from 'ava'
import type { Vector } from 'apache-arrow'
import {
  Dictionary,
  Field,
  Int32,
  List,
  RecordBatch,
  Struct,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import pl from 'nodejs-polars'
import { createReader, createWriter } from 'qadataswap'
import {
  createReadable,
  createWritable,
  fromCsv,
  fromIpc,
  type IpcFormat,
  fromParquet,
  fromPolars,
  toIpc,
} from 'qadataswap/streams'

import { leavesNothing, uniqueName } from '../support/arenas.js'
import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'

async function folder(t: { teardown: (clean: () => Promise<void>) => void }): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'qads-streams-'))
  t.teardown(() => rm(path, { recursive: true }))
  return path
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

const bytesOf = async (source: AsyncIterable<Uint8Array>) => Buffer.concat(await collect(source))
const numbers = (count: number) => Array.from({ length: count }, (_, id) => numberBatch(id, 10 + id))

for (const format of ['stream', 'file'] as const) {
  test(`an arena goes to an IPC ${format} and back`, async (t) => {
    const path = join(await folder(t), 'numbers.arrow')
    using writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 4 })
    const readable = createReadable<NumberColumns>(writer.name)
    for (const batch of [...numbers(20), numberBatch(20, 10_000)]) await writer.write(batch)
    await writer.end()
    await pipeline(readable, toIpc({ format }), createWriteStream(path))

    const name = uniqueName()
    const reader = createReader<NumberColumns>(name, { waitMs: 60_000 })
    const back = collect(reader)
    await pipeline(fromIpc<NumberColumns>(path), createWritable<NumberColumns>(name, { sizeMb: 4 }))
    t.deepEqual(
      (await back).map(numberBatchId),
      Array.from({ length: 21 }, (_, id) => id),
    )

    const table = tableFromIPC<NumberColumns>(await readFile(path))
    t.deepEqual(
      table.batches.map(numberBatchId),
      Array.from({ length: 21 }, (_, id) => id),
    )
    if (format === 'file') t.is(pl.readIPC(await readFile(path)).height, table.numRows)
    else t.is(pl.readIPCStream(await readFile(path)).height, table.numRows)
  })

  test(`IPC ${format}s come from bytes, from chunks cut anywhere, and from apache-arrow`, async (t) => {
    const ids = [0, 1, 2, 3, 4]
    const bytes = await bytesOf(Readable.from(numbers(5)).pipe(toIpc({ format })))
    const foreign = tableToIPC(new Table(numbers(5)), format)
    for (const data of [bytes, foreign]) {
      t.deepEqual((await collect(fromIpc<NumberColumns>(data))).map(numberBatchId), ids)
      for (const size of [1, 7, 64, 1000]) {
        const chunks = Array.from({ length: Math.ceil(data.length / size) }, (_, i) =>
          data.subarray(i * size, (i + 1) * size),
        )
        t.deepEqual((await collect(fromIpc<NumberColumns>(Readable.from(chunks)))).map(numberBatchId), ids)
      }
      t.deepEqual(
        (await collect(fromIpc<NumberColumns>(Readable.toWeb(Readable.from([data])) as never))).length,
        5,
      )
    }
  })

  test(`an IPC ${format} has one schema`, async (t) => {
    const other = new RecordBatch({ text: vectorFromArray(['a'], new Utf8()).data[0]! })
    await t.throwsAsync(bytesOf(Readable.from([numberBatch(0), other]).pipe(toIpc({ format }))), {
      code: 'ERR_QADS_SCHEMA_MISMATCH',
    })
  })

  test(`batches that were sliced and nested go to an IPC ${format} unchanged`, async (t) => {
    const type = new Struct([
      new Field('a', new Int32(), true),
      new Field('b', new List(new Field('item', new Utf8(), true)), true),
    ])
    const rows = Array.from({ length: 50 }, (_, i) =>
      i % 7 === 0 ? null : { a: i, b: i % 3 === 0 ? null : [`x${i}`] },
    )
    const whole = new RecordBatch({ nested: vectorFromArray(rows, type).data[0]! })
    const parts = [whole.slice(0, 13), whole.slice(13, 14), whole.slice(14, 50)]
    const bytes = await bytesOf(Readable.from(parts).pipe(toIpc({ format })))
    const values = (batches: readonly RecordBatch[]) =>
      batches.flatMap((batch) => batch.toArray().map((row) => JSON.stringify(row)))
    t.deepEqual(values(await collect(fromIpc(bytes))), values([whole]))
  })
}

/** A batch with a dictionary of the distinct values in the order in which they come. */
function words(...values: string[]): RecordBatch {
  const vector = vectorFromArray(values, new Dictionary(new Utf8(), new Int32(), 1))
  return new RecordBatch({ word: vector.data[0]! })
}

test('dictionaries: a stream replaces them, those of a file may only grow', async (t) => {
  const same = [words('a', 'b'), words('a', 'b', 'b')]
  const changing = [...same, words('c', 'a')]
  const read = async (batches: RecordBatch[], format: IpcFormat) => {
    const bytes = await bytesOf(Readable.from(batches).pipe(toIpc({ format })))
    return (await collect(fromIpc(bytes))).map((batch) => [...batch.getChild('word')!] as string[])
  }
  t.deepEqual(await read(same, 'file'), [
    ['a', 'b'],
    ['a', 'b', 'b'],
  ])
  t.deepEqual(await read(changing, 'stream'), [
    ['a', 'b'],
    ['a', 'b', 'b'],
    ['c', 'a'],
  ])
  const growing = [
    words('a', 'b'),
    words('a', 'b', 'c', 'd'),
    words('a'),
    words('a', 'b', 'c', 'd'),
    words('a', 'b', 'c', 'd', 'e', 'e'),
  ]
  const wanted = growing.map((batch) => [...batch.getChild('word')!] as string[])
  t.deepEqual(await read(growing, 'file'), wanted)
  const bytes = await bytesOf(Readable.from(growing).pipe(toIpc({ format: 'file' })))
  t.deepEqual(
    tableFromIPC(bytes).batches.map((batch) => [...batch.getChild('word')!] as string[]),
    wanted,
  )
  // Through an arena, whose slots have every dictionary whole.
  const name = uniqueName()
  const written = pipeline(Readable.from(growing), createWritable(name, { sizeMb: 1 }))
  const throughArena = await bytesOf(createReadable(name, { waitMs: 10_000 }).pipe(toIpc({ format: 'file' })))
  await written
  t.deepEqual(
    tableFromIPC(throughArena).batches.map((batch) => [...batch.getChild('word')!] as string[]),
    wanted,
  )
  await t.throwsAsync(read(changing, 'file'), {
    code: 'ERR_QADS_SCHEMA_MISMATCH',
    message: /format: 'stream'/,
  })
})

test('what is no Arrow data, or is cut off, is an error', async (t) => {
  const path = join(await folder(t), 'other.txt')
  await writeFile(path, 'this is not what it should be\n'.repeat(10))
  for (const source of [
    path,
    Buffer.from('hello, world, this is text'),
    createReadStream(path),
    new Uint8Array(0),
  ]) {
    await t.throwsAsync(collect(fromIpc(source)))
  }
  await t.throwsAsync(collect(fromIpc(join(path, 'nothing'))), { code: 'ENOTDIR' })
  const bytes = await bytesOf(Readable.from(numbers(3)).pipe(toIpc()))
  await t.throwsAsync(collect(fromIpc(bytes.subarray(0, bytes.length - 200))))
})

test('breaking out of an IPC file closes it', async (t) => {
  const path = join(await folder(t), 'numbers.arrow')
  await writeFile(path, tableToIPC(new Table(numbers(5)), 'file'))
  const readable = fromIpc<NumberColumns>(path)
  for await (const batch of readable) {
    t.is(numberBatchId(batch), 0)
    break
  }
  t.true(readable.destroyed)
})

test('polars frames come as batches of so many rows, lazy ones too', async (t) => {
  const frame = pl.DataFrame({
    id: Array.from({ length: 25 }, (_, i) => i),
    text: Array.from({ length: 25 }, (_, i) => `t${i}`),
  })
  for (const source of [frame, frame.lazy()]) {
    const batches = await collect(fromPolars(source, { batchRows: 10 }))
    t.deepEqual(
      batches.map((batch) => batch.numRows),
      [10, 10, 5],
    )
    t.deepEqual(
      batches.flatMap((batch) => [...(batch.getChild('text') as Vector<Utf8>)]),
      frame.getColumn('text').toArray(),
    )
  }
  const hidden = pl.DataFrame({ height: frame.getColumn(frame.columns[0]!).alias('height') })
  const parts = await collect(fromPolars(hidden, { batchRows: 10 }))
  t.is(
    parts.reduce((sum, { numRows }) => sum + numRows, 0),
    frame.height,
  )
  const [empty] = await collect(fromPolars(frame.head(0)))
  t.is(empty!.numRows, 0)
  t.is(empty!.numCols, 2)
  t.throws(() => fromPolars({} as never), { code: 'ERR_QADS_INVALID_ARGUMENT' })
  t.throws(() => fromPolars(frame, { batchRows: 0 }), { code: 'ERR_QADS_INVALID_ARGUMENT' })
})

test('CSV and Parquet files go into an arena', async (t) => {
  const path = await folder(t)
  const frame = pl.DataFrame({
    id: Array.from({ length: 1000 }, (_, i) => i),
    text: Array.from({ length: 1000 }, (_, i) => `t${i}`),
  })
  frame.writeCSV(join(path, 'a.csv'))
  frame.writeParquet(join(path, 'a.parquet'))
  for (const source of [
    fromCsv(join(path, 'a.csv'), { batchRows: 300, polars: { nRows: 1000 } }),
    fromParquet(join(path, 'a.parquet'), { batchRows: 300 }),
  ]) {
    const name = uniqueName()
    const reader = createReader(name, { waitMs: 60_000 })
    const read = collect(reader)
    await pipeline(source, createWritable(name, { sizeMb: 1 }))
    const batches = await read
    t.deepEqual(
      batches.map((batch) => batch.numRows),
      [300, 300, 300, 100],
    )
    t.deepEqual(
      batches.flatMap((batch) => [...(batch.getChild('text') as Vector<Utf8>)]),
      frame.getColumn('text').toArray(),
    )
  }
  await t.throwsAsync(collect(fromCsv(join(path, 'none.csv'))))
  await t.throwsAsync(collect(fromParquet(join(path, 'a.csv'))))
})
leavesNothing(test)
