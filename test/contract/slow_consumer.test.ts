import test from 'ava'

import type { ConsumerReport, ProducerReport } from '../rx/slow_consumer_tasks.js'
import { leavesNothing, uniqueName } from '../support/arenas.js'
import { Child } from '../support/child_process.js'

const TASKS = new URL('./slow_consumer_tasks.js', import.meta.url).href
const COUNT = process.env['QADS_QUICK'] === '1' ? 5000 : 100_000
const SLOTS = 32
/** What V8 may add to its heap between two looks; all batches at once would take far more. */
const FLAT = 64 * 2 ** 20

for (const surface of ['read', 'iterator', 'readable', 'web'] as const) {
  test.serial(
    `a slow consumer by ${surface} slows a fast writer in another process, and memory stays flat`,
    async (t) => {
      const name = uniqueName()
      const options = { sizeMb: 1, bufferCount: SLOTS }
      const producer = new Child(t, TASKS, 'produce', { name, options, count: COUNT })
      await producer.report()
      const consumer = new Child(t, TASKS, 'consume', { name, surface, count: COUNT, turns: 5 })
      const written = (await producer.report()) as ProducerReport
      const read = (await consumer.report()) as ConsumerReport
      await Promise.all([producer.finished(t), consumer.finished(t)])
      t.log({ ...written, ...read })
      t.is(read.batches, COUNT)
      t.true(read.mostUnread <= SLOTS, `${read.mostUnread} unread`)
      t.true(written.waits > COUNT / 1000, `the writer waited ${written.waits} times`)
      t.true(
        written.rssEnd - written.rssWarm < FLAT,
        `the writer grew from ${written.rssWarm} to ${written.rssEnd}`,
      )
      t.true(read.rssEnd - read.rssWarm < FLAT, `the reader grew from ${read.rssWarm} to ${read.rssEnd}`)
    },
  )
}

leavesNothing(test)
