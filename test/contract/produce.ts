import type { TestFn } from 'ava'
import { createReader, inspectArena, WriterAbortedError } from 'qadataswap'

import { arenaExists, closing, uniqueName, until } from '../support/arenas.js'
import { numberBatch, numberBatchId } from '../support/batches.js'
import { Child } from '../support/child_process.js'
import type { NumberBatch, ProducerSurface } from './surface.js'

const CONSUMERS = new URL('./consumers.js', import.meta.url).href
const WAIT = { waitMs: 60_000 }
const SMALL_RING = { sizeMb: 1, bufferCount: 4 }

export function producerContract(test: TestFn, surface: ProducerSurface): void {
  const title = (sentence: string) => `${surface.name}: ${sentence}`

  test.serial(title('a reader in another process gets everything, in order, and the end'), async (t) => {
    const name = uniqueName()
    const child = new Child(t, CONSUMERS, 'countAll', { name })
    await surface.produce(name, SMALL_RING, numbers(1000))
    t.deepEqual(await child.report(), { batches: 1000, end: 'ended' })
    await child.finished(t)
    await until(() => !arenaExists(name))
    t.pass()
  })

  test.serial(title('a source without batches gives a clean end'), async (t) => {
    const name = uniqueName()
    async function* source() {
      // The writer leaves at once when nothing is unread: the reader must be there before.
      await until(() => inspectArena(name).readers.length > 0)
      yield* numbers(0)
    }
    const reader = closing(t, createReader(name, WAIT))
    const [, end] = await Promise.all([surface.produce(name, SMALL_RING, source()), reader.read()])
    t.is(end, null)
  })

  test.serial(title('the end waits for nobody where nothing was written'), async (t) => {
    const name = uniqueName()
    await surface.produce(name, SMALL_RING, numbers(0))
    await until(() => !arenaExists(name))
    t.pass()
  })

  test.serial(title('nothing is lost when the first reader comes after the last batch'), async (t) => {
    const name = uniqueName()
    const produced = surface.produce(name, { sizeMb: 1 }, numbers(5))
    await until(() => arenaExists(name) && inspectArena(name).state === 'ended')
    using reader = createReader(name)
    const ids: number[] = []
    for await (const batch of reader) ids.push(numberBatchId(batch))
    t.deepEqual(ids, [0, 1, 2, 3, 4])
    await produced
  })

  test.serial(title('an error of the source reaches readers as the reason'), async (t) => {
    const name = uniqueName()
    const child = new Child(t, CONSUMERS, 'countAll', { name })
    async function* source() {
      yield* numbers(3)
      // The reader must be there: an arena that is aborted before anybody came is gone with its reason.
      await until(() => inspectArena(name).readers.length > 0)
      throw new RangeError('the source broke')
    }
    await t.throwsAsync(surface.produce(name, SMALL_RING, source()), {
      instanceOf: RangeError,
      message: 'the source broke',
    })
    t.deepEqual(await child.report(), { batches: 3, end: 'ERR_QADS_WRITER_ABORTED: the source broke' })
  })

  test.serial(title('a full ring holds the source back'), async (t) => {
    const name = uniqueName()
    let taken = 0
    async function* source() {
      for (let id = 0; id < 100; id++) {
        taken++
        yield numberBatch(id) as NumberBatch
      }
    }
    const produced = surface.produce(name, SMALL_RING, source())
    const reader = closing(t, createReader(name, WAIT))
    await reader.ready()
    for (let id = 0; id < 100; id++) {
      await until(() => inspectArena(name).published >= Math.min(100, id + SMALL_RING.bufferCount))
      t.true(taken <= id + SMALL_RING.bufferCount + 1 + surface.takeAhead, `${taken} taken, ${id} read`)
      t.is(numberBatchId((await reader.read())!), id)
    }
    t.is(await reader.read(), null)
    await produced
  })

  test.serial(title('a signal ends a write that waits for space, and readers learn of it'), async (t) => {
    const name = uniqueName()
    const stop = new AbortController()
    const produced = surface.produce(name, { ...SMALL_RING, signal: stop.signal }, numbers(100))
    const outcome = t.throwsAsync(produced, { name: 'AbortError' })
    const reader = closing(t, createReader(name, WAIT))
    await reader.ready()
    await until(() => inspectArena(name).published === SMALL_RING.bufferCount)
    stop.abort(new Error('shutting down'))
    await outcome
    for (let id = 0; id < SMALL_RING.bufferCount; id++) t.is(numberBatchId((await reader.read())!), id)
    await t.throwsAsync(() => reader.read(), { instanceOf: WriterAbortedError })
  })
}

async function* numbers(count: number): AsyncGenerator<NumberBatch> {
  for (let id = 0; id < count; id++) yield numberBatch(id) as NumberBatch
}
