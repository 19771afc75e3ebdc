import { closeSync, ftruncateSync, openSync, statSync, writeFileSync } from 'node:fs'

import test from 'ava'
import {
  createReader,
  createWriter,
  inspectArena,
  listArenas,
  NotAnArenaError,
  QadsError,
  release,
  SharedMemoryArena,
  unlinkArena,
} from 'qadataswap'

import { arenaExists, closing, leavesNothing, uniqueName } from '../support/arenas.js'
import { numberBatch, numberBatchId } from '../support/batches.js'

test('an arena is listed and inspected while it exists', async (t) => {
  const arena = new SharedMemoryArena(uniqueName())
  t.false(arena.exists())
  const writer = arena.createWriter({
    sizeMb: 1,
    bufferCount: 8,
    maxReaders: 5,
    onFull: 'drop-oldest',
    mode: 0o660,
  })
  t.true(arena.exists())
  t.true(SharedMemoryArena.list().includes(arena.name))
  t.true(listArenas().includes(arena.name))
  const reader = arena.createReader()
  await writer.write(numberBatch(0))
  await writer.write(numberBatch(1, 10_000))
  const kept = [await reader.read(), await reader.read()]
  await writer.write(numberBatch(2))
  const info = arena.inspect()
  t.like(info, {
    name: arena.name,
    generation: writer.generation,
    capacity: 2 ** 20,
    slots: 8,
    maxReaders: 5,
    onFull: 'drop-oldest',
    mode: 0o660,
    oneSchema: false,
    state: 'open',
    abortReason: null,
    writerAlive: true,
    writerPid: process.pid,
    published: 3,
    oldest: 0,
    batches: 3,
  })
  t.is(info.readers.length, 1)
  t.like(info.readers[0], {
    pid: process.pid,
    alive: true,
    state: 'live',
    cursor: 2,
    lag: 1,
    pin: 1,
    waiting: false,
  })
  t.is(statSync(`/dev/shm/qads-arena.${arena.name}`).mode & 0o777, 0o660)
  await writer.end()
  t.is(arena.inspect().state, 'ended')
  for (const batch of kept) release(batch!)
  reader.close()
  writer.close()
  t.false(arena.exists())
  t.false(listArenas().includes(arena.name))
})

test('an aborted arena keeps its reason as long as it exists', async (t) => {
  const writer = createWriter(uniqueName(), { sizeMb: 1 })
  const reader = createReader(writer.name)
  writer.abort(new Error('power cut'))
  t.like(inspectArena(writer.name), { state: 'aborted', abortReason: 'power cut', writerAlive: false })
  await t.throwsAsync(reader.read(), { code: 'ERR_QADS_WRITER_ABORTED', message: /power cut/ })
  reader.close()
  t.false(arenaExists(writer.name))
})

test('a name whose writer is gone is taken over by the next one; its readers stay with what they had', async (t) => {
  const name = uniqueName()
  const first = createWriter(name, { sizeMb: 1 })
  using oldReader = createReader(name)
  await first.write(numberBatch(1))
  first.close()
  using second = createWriter(name, { sizeMb: 1 })
  t.not(second.generation, first.generation)
  await second.write(numberBatch(2))
  using newReader = createReader(name)
  t.is(numberBatchId((await newReader.read())!), 2)
  t.is(numberBatchId((await oldReader.read())!), 1)
  t.is(await oldReader.read(), null)
})

test('unlink removes a name; parties that are attached go on', async (t) => {
  const writer = createWriter(uniqueName(), { sizeMb: 1 })
  using reader = createReader(writer.name)
  t.true(unlinkArena(writer.name))
  t.false(unlinkArena(writer.name))
  t.false(arenaExists(writer.name))
  t.throws(() => createReader(writer.name), { code: 'ERR_QADS_NOT_FOUND' })
  await writer.write(numberBatch(0))
  t.is(numberBatchId((await reader.read())!), 0)
  writer.close()
  t.is(await reader.read(), null)
})

for (const [what, make] of [
  ['an empty file', (path: string) => writeFileSync(path, '')],
  ['a file of text', (path: string) => writeFileSync(path, 'hello '.repeat(2000))],
  ['a file of zeros', (path: string) => writeFileSync(path, Buffer.alloc(65536))],
] as const) {
  test(`${what} in an arena's place is not an arena`, (t) => {
    const name = uniqueName()
    make(`/dev/shm/qads-arena.${name}`)
    t.teardown(() => unlinkArena(name))
    for (const use of [createReader, inspectArena]) {
      const error = t.throws(() => use(name), { instanceOf: NotAnArenaError, code: 'ERR_QADS_NOT_AN_ARENA' })
      t.true(error.message.includes(name))
    }
    t.throws(() => createWriter(name), { instanceOf: NotAnArenaError })
  })
}

test('an arena that was truncated is refused', async (t) => {
  const name = uniqueName()
  const writer = closing(t, createWriter(name, { sizeMb: 1 }))
  await writer.write(numberBatch(0))
  const path = `/dev/shm/qads-arena.${name}`
  const fd = openSync(path, 'r+')
  const { size } = statSync(path)
  ftruncateSync(fd, 4096)
  t.throws(() => createReader(name), { instanceOf: QadsError })
  // Back to its size before its writer touches it again.
  ftruncateSync(fd, size)
  closeSync(fd)
})
leavesNothing(test)
