import test from 'ava'
import { createReader, createWriter, inspectArena } from 'qadataswap'

import { arenaExists, closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import { numberBatch } from '../support/batches.js'
import { Child } from '../support/child_process.js'

const THREADS_ONLY = new URL('./threads_only.js', import.meta.url).href
const LIVES = new URL('./lives.js', import.meta.url).href

for (const life of ['idleReader', 'idleWriter', 'readThenForget', 'cancelledRead', 'leasesAtExit'] as const) {
  test.serial(
    `${life}: nothing that is merely open keeps a process alive, and its exit leaves nothing behind`,
    async (t) => {
      const writer = closing(t, createWriter(uniqueName(), { sizeMb: 1 }))
      const own = uniqueName()
      await writer.write(numberBatch(0, 10_000))
      const child = new Child(t, LIVES, life, { name: writer.name, own })
      await child.finished(t)
      t.is(inspectArena(writer.name).readers.length, 0)
      t.false(arenaExists(own))
    },
  )
}

test.serial('unread batches that go with a writer because nobody came are warned of', async (t) => {
  for (const life of ['idleWriter', 'droppedWriter', 'closedWriter'] as const) {
    const own = uniqueName()
    const child = new Child(t, LIVES, life, { own })
    await child.finished(t)
    t.regex(child.stderr, /^qadataswap .* WARN .* the writer left 1 batches unread.* finish\(\) .*\n$/, life)
    t.true(child.stderr.includes(`arena=${own} `), child.stderr)
  }
  for (const life of ['finishedWriter', 'abortedWriter', 'readWriter', 'losingWriter'] as const) {
    const child = new Child(t, LIVES, life, { own: uniqueName() })
    await child.finished(t)
    t.is(child.stderr, '', life)
  }
})

test.serial(
  'processExit: process.exit with a reader, a writer and a pending read leaves nothing behind',
  async (t) => {
    const writer = closing(t, createWriter(uniqueName(), { sizeMb: 1 }))
    const own = uniqueName()
    await writer.write(numberBatch(0, 10_000))
    const child = new Child(t, LIVES, 'processExit', { name: writer.name, own })
    const files = (await child.report()) as string[]
    t.deepEqual(await child.exit, { code: 3, signal: null }, child.stderr)
    t.is(inspectArena(writer.name).readers.length, 0)
    t.false(arenaExists(own))
    t.true(files.some((file) => file.includes('qads-bell.')))
  },
)

test.serial(
  'keptToTheEnd: a reader that keeps every batch ends by itself when its writer closes',
  async (t) => {
    for (let round = 0; round < 5; round++) {
      const writer = closing(t, createWriter(uniqueName(), { sizeMb: 1 }))
      const child = new Child(t, LIVES, 'keptToTheEnd', { name: writer.name })
      await child.report()
      for (let id = 0; id < 50; id++) await writer.write(numberBatch(id, 10_000))
      writer.close()
      t.is(await child.report(), 50)
      await child.finished(t)
      t.false(arenaExists(writer.name))
    }
  },
)

test.serial(
  'unheardError: an error whose consumers never come back comes when nothing else is left to do',
  async (t) => {
    const writer = closing(t, createWriter(uniqueName(), { sizeMb: 1 }))
    await writer.write(numberBatch(0))
    const child = new Child(t, LIVES, 'unheardError', { name: writer.name, own: uniqueName() })
    await child.report()
    writer.abort('the exchange hung up')
    t.deepEqual(await child.report(), ['ERR_QADS_WRITER_ABORTED', 'ERR_QADS_WRITER_ABORTED'])
    await child.finished(t)
  },
)

test.serial('pendingRead: a read that waits keeps its process alive, and gets its batch', async (t) => {
  const writer = closing(t, createWriter(uniqueName(), { sizeMb: 1 }))
  const child = new Child(t, LIVES, 'pendingRead', { name: writer.name })
  await until(() => inspectArena(writer.name).readers.some((reader) => reader.waiting))
  await writer.write(numberBatch(42))
  t.is(await child.report(), 42)
  await child.finished(t)
})

test.serial('pendingWrite: a write that waits keeps its process alive, and gets its space', async (t) => {
  const name = uniqueName()
  const child = new Child(t, LIVES, 'pendingWrite', { name })
  await child.report()
  const reader = closing(t, createReader(name))
  let batches = 0
  while ((await reader.read()) !== null) batches++
  t.is(batches, 5)
  await child.finished(t)
})

test.serial('idleCpu: waiting burns no processor time', async (t) => {
  const writer = closing(t, createWriter(uniqueName(), { sizeMb: 1 }))
  const child = new Child(t, LIVES, 'pendingRead', { name: writer.name })
  await until(() => inspectArena(writer.name).readers.some((reader) => reader.waiting))
  const before = child.cpuTicks()
  const started = performance.now()
  // Long enough for several probes of the writer's life.
  await until(() => performance.now() - started > 1000)
  // In hundredths of a second: a loop that polled would use a hundred.
  t.true(child.cpuTicks() - before < 30)
  await writer.write(numberBatch(1))
  await child.finished(t)
})

test.serial('threads: worker threads have readers of their own, and end with leases alive', async (t) => {
  const writer = closing(t, createWriter(uniqueName(), { sizeMb: 4 }))
  const child = new Child(t, LIVES, 'threads', { name: writer.name, count: 100 })
  await child.report()
  for (let id = 0; id < 100; id++) await writer.write(numberBatch(id, id % 2 === 0 ? 10 : 10_000))
  await writer.finish()
  t.deepEqual(await child.report(), [100, 100, 100])
  await child.finished(t)
})

test.serial(
  'threads only: what the library left in the process is still there when the last thread that used it is gone',
  async (t) => {
    const writer = closing(t, createWriter(uniqueName(), { sizeMb: 1 }))
    for (let id = 0; id < 3; id++) await writer.write(numberBatch(id, 10_000))
    await writer.end()
    const child = new Child(t, THREADS_ONLY, 'trapAfterThreads', { name: writer.name })
    t.true(await child.report())
    await child.finished(t)
  },
)
leavesNothing(test)
