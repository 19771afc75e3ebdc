import test, { type ExecutionContext } from 'ava'
import { createReader, createWriter } from 'qadataswap'

import { leavesNothing, uniqueName } from '../support/arenas.js'
import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'
import { Child } from '../support/child_process.js'
import type { ReadReport } from './volume_tasks.js'

const TASKS = new URL('./volume_tasks.js', import.meta.url).href
const quick = process.env['QADS_QUICK'] === '1'
/** What V8 may add to its heap between two looks; a leak of one batch in ten would be far above it. */
const FLAT = 96 * 2 ** 20

interface Volume {
  count: number
  rows: number
  sizeMb: number
}

async function oneToOne(t: ExecutionContext, { count, rows, sizeMb }: Volume): Promise<ReadReport> {
  const name = uniqueName()
  const writer = new Child(t, TASKS, 'writeNumbered', { name, options: { sizeMb }, rows, count })
  await writer.report()
  const reader = new Child(t, TASKS, 'readAndCheck', { name, rows, warm: Math.ceil(count / 5) })
  await reader.report()
  writer.tell('go')
  const report = (await reader.report()) as ReadReport
  await writer.report()
  await Promise.all([writer.finished(t), reader.finished(t)])
  t.is(report.wrong, null)
  t.is(report.batches, count)
  t.true(
    report.rssEnd - report.rssWarm < FLAT,
    `resident memory grew from ${report.rssWarm} to ${report.rssEnd}`,
  )
  return report
}

test.serial(
  'a million small batches between two processes: every value is right, memory stays flat',
  async (t) => {
    await oneToOne(t, { count: quick ? 50_000 : 1_000_000, rows: 100, sizeMb: 64 })
  },
)

test.serial(
  'a thousand batches of 8 MB: every value is right, none is copied, memory stays flat',
  async (t) => {
    const report = await oneToOne(t, { count: quick ? 50 : 1000, rows: 700_000, sizeMb: 64 })
    t.is(report.bytesCopied, 0)
  },
)

for (const readers of quick ? [1, 4] : [1, 4, 32]) {
  test.serial(`${readers} readers in processes of their own: each gets everything, in order`, async (t) => {
    const name = uniqueName()
    const count = quick ? 200 : 2000
    const writer = new Child(t, TASKS, 'writeNumbered', { name, options: { sizeMb: 1 }, rows: 100, count })
    await writer.report()
    const children = Array.from(
      { length: readers },
      () => new Child(t, TASKS, 'readAndCheck', { name, rows: 100, warm: 1 }),
    )
    await Promise.all(children.map((child) => child.report()))
    writer.tell('go')
    for (const child of children) {
      const report = (await child.report()) as ReadReport
      t.is(report.wrong, null)
      t.is(report.batches, count)
    }
    await Promise.all([writer.report(), ...children.map((child) => child.finished(t))])
  })
}

test.serial('drop-oldest: a stopped reader loses exactly what it is told it lost', async (t) => {
  const name = uniqueName()
  using writer = createWriter<NumberColumns>(name, { sizeMb: 1, bufferCount: 16, onFull: 'drop-oldest' })
  using witness = createReader<NumberColumns>(name)
  const child = new Child(t, TASKS, 'readWithLosses', { name })
  await child.report()
  child.kill('SIGSTOP')
  for (let id = 0; id < 500; id++) {
    await writer.write(numberBatch(id))
    t.is(numberBatchId((await witness.read())!), id)
  }
  t.is(writer.stats().reapedReaders, 0)
  child.kill('SIGCONT')
  await writer.end()
  const { seen, lost } = (await child.report()) as { seen: number[]; lost: number[] }
  t.true(lost.length >= 400)
  t.deepEqual(
    [...seen, ...lost].sort((a, b) => a - b),
    Array.from({ length: 500 }, (_, id) => id),
  )
  await child.finished(t)
})

leavesNothing(test)
