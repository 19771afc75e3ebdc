import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { tableFromIPC } from 'apache-arrow'
import {
  batchInfo,
  createReader,
  createWriter,
  inspectArena,
  release,
  ReleasedError,
  slotBytes,
} from 'qadataswap'

import { closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'
import { collectYoung } from '#src/core/reading/collect_young.js'
import { collectGarbage } from '../support/gc.js'

const SMALL = 10
const LARGE = 10_000

function pair(lease: 'gc' | 'scoped' | 'copy' = 'gc', sizeMb = 4) {
  const writer = createWriter<NumberColumns>(uniqueName(), { sizeMb })
  const reader = createReader<NumberColumns>(writer.name, { lease })
  return { writer, reader }
}

test('a batch knows where it came from', (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  const before = Date.now()
  writer.tryWrite(numberBatch(0, SMALL))
  writer.tryWrite(numberBatch(1, LARGE))
  const small = reader.tryRead()!
  const large = reader.tryRead()!
  for (const [batch, sequence, rows, leased] of [
    [small, 0, SMALL, false],
    [large, 1, LARGE, true],
  ] as const) {
    const info = batchInfo(batch)!
    t.like(info, { arena: writer.name, sequence, rows, leased, lost: null })
    t.is(info.bytes, slotBytes(batch)!.byteLength)
    t.true(info.commitTime >= before - 1 && info.commitTime <= Date.now() + 1)
    t.is(reader.batchInfo(batch), info)
  }
  t.is(batchInfo(numberBatch(0)), undefined)
  t.is(batchInfo(large.slice(0, 5)), undefined, 'a derived batch is a new one')
})

test('a dropped batch gives its space back when the young are collected', async (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  const readAndDrop = () => {
    writer.tryWrite(numberBatch(0, LARGE))
    return reader.tryRead()!.numRows
  }
  t.is(readAndDrop(), LARGE)
  t.is(reader.stats().leases, 1)
  await turn()
  await until(() => {
    collectYoung()
    return reader.stats().leases === 0
  })
  t.pass()
})

test.serial('no ArrayBuffers add up when batches are given back, by hand or by the collector', async (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  const external = () => process.memoryUsage().external
  const read = () => {
    writer.writeSync(numberBatch(0, LARGE))
    return reader.tryRead()!
  }
  // In a function of its own, whose frame refers to no batch any more when it has returned.
  const readMany = (count: number) => {
    for (let i = 0; i < count; i++) {
      const batch = read()
      if (i % 2 === 0) release(batch)
    }
  }
  const allGivenBack = async () => {
    await collectGarbage()
    return reader.stats().leases === 0
  }
  const bytes = batchInfo(read())!.bytes
  readMany(10)
  await until(allGivenBack)
  const before = external()
  readMany(100)
  // V8 counts what it sweeps, in a thread of its own, a little later.
  await until(async () => (await allGivenBack()) && Math.abs(external() - before) < 50 * bytes)
  t.pass()
})

test('the bytes of a slot are a complete Arrow file', (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  for (const rows of [SMALL, LARGE]) {
    writer.tryWrite(numberBatch(3, rows))
    const batch = reader.tryRead()!
    const table = tableFromIPC(slotBytes(batch))
    t.is(table.batches.length, 1)
    t.is(numberBatchId(table.batches[0]! as typeof batch), 3)
    release(batch)
    t.throws(() => slotBytes(batch), { instanceOf: ReleasedError })
  }
  t.is(slotBytes(numberBatch(0)), undefined)
})

for (const [size, rows] of [
  ['small', SMALL],
  ['large', LARGE],
] as const) {
  test(`a ${size} batch that was released throws on use, and names itself`, (t) => {
    const { writer, reader } = pair()
    closing(t, writer)
    closing(t, reader)
    writer.tryWrite(numberBatch(0, rows))
    const batch = reader.tryRead()!
    const ids = batch.getChild('id')!
    t.true(reader.release(batch))
    t.false(reader.release(batch))
    const expected = { instanceOf: ReleasedError, message: new RegExp(`batch 0 of arena "${writer.name}"`) }
    t.throws(() => batch.getChild('id'), expected)
    t.throws(() => batch.getChildAt(0), expected)
    t.throws(() => batch.get(0), expected)
    t.throws(() => batch.data, expected)
    t.throws(() => [...batch], expected)
    t.throws(() => ids.get(0), expected)
    t.throws(() => batch.slice(0, 1), expected)
    t.throws(() => writer.tryWrite(batch), expected)
    t.is(batchInfo(batch)!.sequence, 0)
    t.is(batch.numRows, rows)
  })
}

test('a release detaches the arrays over the ring, those of slices too', (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  writer.tryWrite(numberBatch(0, LARGE))
  const batch = reader.tryRead()!
  const array = batch.getChild('id')!.data[0]!.values
  const slice = batch.slice(100, 200).getChild('id')!.data[0]!.values
  t.is(array.length, LARGE)
  release(batch)
  t.is(array.length, 0)
  t.is(slice.length, 0)
  t.true(array.buffer.byteLength === 0)
})

test('a batch can be released after its reader was closed', (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  writer.tryWrite(numberBatch(0, LARGE))
  const batch = reader.tryRead()!
  reader.close()
  t.is(numberBatchId(batch), 0)
  t.true(release(batch))
  t.throws(() => batch.getChild('id'), { instanceOf: ReleasedError })
})

test('using releases a batch at the end of its scope', (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  for (const rows of [SMALL, LARGE]) {
    writer.tryWrite(numberBatch(0, rows))
    let outside
    {
      using batch = reader.tryRead()!
      t.is(numberBatchId(batch), 0)
      outside = batch
    }
    t.throws(() => outside.getChild('id'), { instanceOf: ReleasedError })
  }
})

test('release of a batch that is not from an arena says so', (t) => {
  t.false(release(numberBatch(0)))
})

test('the garbage collector gives leases back', async (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  for (let id = 0; id < 5; id++) {
    writer.tryWrite(numberBatch(id, LARGE))
    t.is(numberBatchId(reader.tryRead()!), id)
  }
  t.true(reader.stats().leases > 0)
  await until(async () => {
    await collectGarbage()
    return reader.stats().leases === 0
  })
  t.is(inspectArena(writer.name).readers[0]!.pin, -1)
})

test('an array keeps its batch in the ring as long as the program refers to it', async (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  writer.tryWrite(numberBatch(0, LARGE))
  const values = reader.tryRead()!.getChild('value')!.data[0]!.values
  for (let id = 1; id < 100; id++) {
    await writer.write(numberBatch(id, LARGE))
    reader.release((await reader.read())!)
    if (id % 20 === 0) await collectGarbage()
  }
  t.deepEqual(
    values,
    Float64Array.from({ length: LARGE }, (_, i) => i / 2),
  )
})

test('copy: nothing stays leased, and the counter says what was copied', (t) => {
  const { writer, reader } = pair('copy')
  closing(t, writer)
  closing(t, reader)
  for (let id = 0; id < 3; id++) writer.tryWrite(numberBatch(id, LARGE))
  const batches = [0, 1, 2].map(() => reader.tryRead()!)
  t.deepEqual(batches.map(numberBatchId), [0, 1, 2])
  const { leases, bytes, bytesCopied } = reader.stats()
  t.is(leases, 0)
  t.is(bytesCopied, bytes)
  t.false(batchInfo(batches[0]!)!.leased)
})

test('gc: large batches are not copied', (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  writer.tryWrite(numberBatch(0, LARGE))
  t.is(numberBatchId(reader.tryRead()!), 0)
  t.is(reader.stats().bytesCopied, 0)
})

test('scoped: a batch is released when the next one is asked for, and by the close', async (t) => {
  const { writer, reader } = pair('scoped')
  closing(t, writer)
  for (let id = 0; id < 5; id++) writer.tryWrite(numberBatch(id, LARGE))
  const a = reader.tryRead()!
  const b = (await reader.read())!
  t.throws(() => a.getChild('id'), { instanceOf: ReleasedError })
  t.is(numberBatchId(b), 1)
  const c = reader.readSync()!
  t.throws(() => b.getChild('id'), { instanceOf: ReleasedError })
  const [d, e] = await Promise.all([reader.read(), reader.read()])
  t.throws(() => c.getChild('id'), { instanceOf: ReleasedError })
  t.throws(() => d!.getChild('id'), { instanceOf: ReleasedError })
  t.is(numberBatchId(e!), 4)
  t.is(reader.tryRead(), undefined)
  t.throws(() => e!.getChild('id'), { instanceOf: ReleasedError })
  writer.tryWrite(numberBatch(5, LARGE))
  const last = reader.tryRead()!
  reader.close()
  t.throws(() => last.getChild('id'), { instanceOf: ReleasedError })
})
test('dropped batches are found young, after their columns were read and in waits with a signal', async (t) => {
  const batch = numberBatch(7, 20 * LARGE)
  for (const limits of [{}, { signal: new AbortController().signal }]) {
    const { writer, reader } = pair('gc', 64)
    closing(t, writer)
    closing(t, reader)
    const counts: number[] = []
    for (let i = 0; i < 200; i++) {
      const reading = reader.read(limits)
      writer.writeSync(batch)
      t.is((await reading)!.getChild('id')!.get(1), 7001)
      await turn()
      counts.push(reader.stats().leases)
    }
    // Without collections of the whole heap, which this program gives no reason for, they would be as many as fit the ring.
    const [median] = counts.sort((a, b) => a - b).slice(100)
    t.true(median! < 15, `${median} leases are held`)
  }
})

leavesNothing(test)
