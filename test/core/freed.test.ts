import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

import test from 'ava'
import {
  type ArenaReader,
  type ArenaWriter,
  createReader,
  createWriter,
  inspectArena,
  release,
  WriterDiedError,
} from 'qadataswap'

import { arenaExists, closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import { numberBatch, numberBatchId, type NumberColumns, numberSchema } from '../support/batches.js'
import { Child } from '../support/child_process.js'
import { collectGarbage } from '../support/gc.js'

const TASKS = new URL('./freed_tasks.js', import.meta.url).href
const SMALL = 10
const LARGE = 10_000

/** What this process has of arenas. */
function holdings() {
  const files = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('/dev/shm/qads-arena.')
    } catch {
      return false // the descriptor of the listing itself
    }
  })
  const maps = readFileSync('/proc/self/maps', 'utf8').split('\n')
  return {
    descriptors: files.length,
    mappings: maps.filter((line) => line.includes('/dev/shm/qads-arena.')).length,
    names: readdirSync('/dev/shm').filter((name) => name.startsWith(`qads-arena.test.${process.pid}.`))
      .length,
  }
}
const NOTHING = { descriptors: 0, mappings: 0, names: 0 }

function pair() {
  const writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 1 })
  return { writer, reader: createReader<NumberColumns>(writer.name) }
}

const ENDS: Record<string, (writer: ArenaWriter<NumberColumns>) => unknown> = {
  close: (writer) => writer.close(),
  abort: (writer) => writer.abort('enough'),
  'end and close': (writer) => {
    writer.end().catch(() => undefined) // a loan is open
    writer.close()
  },
  'a scope that is left': (writer) => writer[Symbol.dispose](),
}

for (const [how, end] of Object.entries(ENDS)) {
  test.serial(`${how}: the ring of a writer and of its reader is given back before the call returns`, (t) => {
    t.deepEqual(holdings(), NOTHING)
    for (let i = 0; i < 100; i++) {
      const { writer, reader } = pair()
      for (const rows of [SMALL, LARGE]) {
        writer.writeSync(numberBatch(i, rows))
        const batch = reader.readSync()!
        t.is(numberBatchId(batch), i)
        release(batch)
      }
      const loan = writer.loanSync(numberSchema, SMALL)
      if (i % 2 === 0) loan.commit()
      end(writer)
      reader.close()
      t.deepEqual(holdings(), NOTHING)
    }
  })
}

test.serial('a batch that is kept keeps the mapping of its reader, until its release', (t) => {
  const { writer, reader } = pair()
  writer.writeSync(numberBatch(7, LARGE))
  const batch = reader.readSync()!
  writer.close()
  reader.close()
  t.is(numberBatchId(batch), 7)
  t.deepEqual({ ...holdings(), mappings: 0 }, { descriptors: 1, mappings: 0, names: 0 })
  release(batch)
  t.deepEqual(holdings(), NOTHING)
})

test.serial('calls after the close are refused as before', async (t) => {
  const { writer, reader } = pair()
  const loan = writer.loanSync(numberSchema, SMALL)
  const array = loan.columns.id
  writer.close()
  reader.close()
  t.is(array.length, 0)
  for (const call of [() => writer.tryWrite(numberBatch(0)), () => reader.tryRead(), () => loan.commit()]) {
    t.throws(call, { code: 'ERR_QADS_CLOSED' })
  }
  for (const call of [() => writer.write(numberBatch(0)), () => reader.read(), () => writer.drained()]) {
    await t.throwsAsync(call(), { code: 'ERR_QADS_CLOSED' })
  }
  loan.abort()
  t.is(writer.stats().batches, 0)
  t.is(reader.stats().batches, 0)
  t.is(reader.lag, 0)
})

test.serial(
  'a writer that is dropped unclosed is collected: its readers see that it died, its name is free',
  async (t) => {
    const name = uniqueName()
    const kept: { array?: Int32Array; reader?: ArenaReader<NumberColumns> } = {}
    const drop = () => {
      const writer = createWriter<NumberColumns>(name, { sizeMb: 1 })
      kept.reader = closing(t, createReader<NumberColumns>(name))
      writer.writeSync(numberBatch(3, LARGE))
      // An array of the ring does not keep the writer.
      kept.array = writer.loanSync(numberSchema, SMALL).columns.id
    }
    drop()
    await until(async () => {
      await collectGarbage()
      return !inspectArena(name).writerAlive
    })
    t.is(kept.array!.length, 0)
    const reader = kept.reader!
    t.is(numberBatchId((await reader.read())!), 3)
    await t.throwsAsync(reader.read(), { instanceOf: WriterDiedError })
    createWriter(name, { sizeMb: 1 }).close()
  },
)

test.serial('a writer and a reader that are dropped unclosed leave nothing', async (t) => {
  const drop = () => {
    const { writer, reader } = pair()
    writer.writeSync(numberBatch(3, LARGE))
    return numberBatchId(reader.readSync()!)
  }
  for (let i = 0; i < 10; i++) t.is(drop(), 3)
  await until(async () => {
    await collectGarbage()
    return JSON.stringify(holdings()) === JSON.stringify(NOTHING)
  })
  t.pass()
})

test.serial('threads that come and go, whether they close or not, leave nothing', async (t) => {
  const name = uniqueName()
  const child = new Child(t, TASKS, 'threadsThatGo', { name, rounds: 10 })
  const [before, after] = (await child.report()) as [object, object]
  t.deepEqual(after, before)
  await child.finished(t)
  t.false(arenaExists(name))
})

leavesNothing(test)
