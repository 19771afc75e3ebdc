import { existsSync } from 'node:fs'

import test from 'ava'
import { createReader, createWriter, inspectArena, WriterDiedError } from 'qadataswap'

import { arenaExists, leavesNothing, uniqueName, until } from '../support/arenas.js'
import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'
import { Child } from '../support/child_process.js'

const VICTIMS = new URL('./victims.js', import.meta.url).href
/** How often each party is killed. The long run is for a machine with time: QADS_KILLS=500. */
const KILLS = Number(process.env['QADS_KILLS'] ?? 10)
const SMALL_RING = { sizeMb: 1, bufferCount: 16 }

/** Lets the victim work for a random number of batches. */
const anyMoment = () => Math.floor(Math.random() * 200)

test.serial(
  'writers that are killed at any moment: what is delivered is right, then comes the error, and the name is free',
  async (t) => {
    const name = uniqueName()
    for (let kill = 0; kill < KILLS; kill++) {
      const child = new Child(t, VICTIMS, 'writeForEver', { name, options: SMALL_RING })
      const reader = createReader<NumberColumns>(name, { waitMs: Infinity })
      const moment = anyMoment()
      let seen = 0
      const error = await t.throwsAsync(
        async () => {
          for (;;) {
            const batch = (await reader.read())!
            if (numberBatchId(batch) !== seen) t.fail(`batch ${seen} is out of order`)
            if (seen++ === moment) child.kill('SIGKILL')
          }
        },
        { instanceOf: WriterDiedError },
      )
      t.true(error.message.includes(name))
      t.true(seen > moment)
      await child.exit
      reader.close()
      t.false(arenaExists(name), 'the last one to leave removes the name')
    }
  },
)

test.serial('a name whose writer was killed with nobody there is free for the next writer', async (t) => {
  const name = uniqueName()
  const child = new Child(t, VICTIMS, 'writeUntilFull', { name, options: SMALL_RING })
  await child.report()
  child.kill('SIGKILL')
  await child.exit
  t.like(inspectArena(name), { writerAlive: false, state: 'open', published: 16 })
  // What it left can still be read.
  using reader = createReader<NumberColumns>(name)
  for (let id = 0; id < 16; id++) t.is(numberBatchId((await reader.read())!), id)
  await t.throwsAsync(reader.read(), { instanceOf: WriterDiedError })
  using writer = createWriter<NumberColumns>(name, SMALL_RING)
  using fresh = createReader<NumberColumns>(name)
  await writer.write(numberBatch(7))
  t.is(numberBatchId((await fresh.read())!), 7)
})

test.serial(
  'readers that are killed at any moment: the writer goes on, and other readers miss nothing',
  async (t) => {
    using writer = createWriter<NumberColumns>(uniqueName(), SMALL_RING)
    using witness = createReader<NumberColumns>(writer.name)
    let id = 0
    let seen = 0
    const bells: string[] = []
    for (let kill = 0; kill < KILLS; kill++) {
      const child = new Child(t, VICTIMS, 'readForEver', { name: writer.name })
      await child.report()
      const moment = id + anyMoment()
      const gone = { dead: false }
      void child.exit.then(() => (gone.dead = true))
      while (!gone.dead || inspectArena(writer.name).readers.length > 1) {
        await writer.write(numberBatch(id))
        if (id++ === moment) {
          bells.push(...child.bells())
          child.kill('SIGKILL')
        }
        t.is(numberBatchId((await witness.read())!), seen++)
      }
    }
    t.is(writer.stats().reapedReaders, KILLS)
    // What the dead left beside the arenas is swept when the next party comes.
    createWriter(uniqueName(), SMALL_RING).close()
    t.true(bells.length > 0)
    t.deepEqual(bells.filter(existsSync), [])
  },
)

test.serial('a writer that waits for space goes on when the reader in its way is killed', async (t) => {
  using writer = createWriter<NumberColumns>(uniqueName(), SMALL_RING)
  const child = new Child(t, VICTIMS, 'attachAndStay', { name: writer.name })
  await child.report()
  for (let id = 0; id < 16; id++) t.true(writer.tryWrite(numberBatch(id)))
  t.false(writer.tryWrite(numberBatch(16)))
  const written = writer.write(numberBatch(16))
  child.kill('SIGKILL')
  // With no reader left, `block` keeps what is unread: the next reader makes the space.
  using reader = createReader<NumberColumns>(writer.name)
  for (let id = 0; id <= 16; id++) t.is(numberBatchId((await reader.read())!), id)
  t.is(await written, 16)
})

test.serial('a stopped reader holds the writer back, and is never taken for dead', async (t) => {
  using writer = createWriter<NumberColumns>(uniqueName(), SMALL_RING)
  const child = new Child(t, VICTIMS, 'attachAndStay', { name: writer.name })
  await child.report()
  child.kill('SIGSTOP')
  for (let id = 0; id < 16; id++) t.true(writer.tryWrite(numberBatch(id)))
  // Several probes for dead readers pass meanwhile.
  await t.throwsAsync(writer.write(numberBatch(16), { timeoutMs: 500 }), { code: 'ERR_QADS_TIMED_OUT' })
  t.like(inspectArena(writer.name).readers[0], { pid: child.pid, alive: true, lag: 16 })
  t.is(writer.stats().reapedReaders, 0)
  child.kill('SIGCONT')
  child.tell('leave')
  await child.finished(t)
  using reader = createReader<NumberColumns>(writer.name)
  t.is(numberBatchId((await reader.read())!), 0)
})

test.serial('both killed: nothing has to be cleaned by hand', async (t) => {
  const name = uniqueName()
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = new Child(t, VICTIMS, 'writeForEver', { name, options: SMALL_RING })
    await writer.report()
    const reader = new Child(t, VICTIMS, 'readForEver', { name })
    await reader.report()
    const moment = anyMoment()
    await until(() => inspectArena(name).published >= moment)
    const [first, second] = kill % 2 === 0 ? [writer, reader] : [reader, writer]
    first.kill('SIGKILL')
    second.kill('SIGKILL')
    await Promise.all([first.exit, second.exit])
  }
  const writer = createWriter(name, SMALL_RING)
  using reader = createReader<NumberColumns>(name)
  await writer.write(numberBatch(3))
  writer.close()
  t.is(numberBatchId((await reader.read())!), 3)
  t.is(await reader.read(), null)
})
leavesNothing(test)
