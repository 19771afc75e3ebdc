import type { TestFn } from 'ava'
import {
  batchInfo,
  createWriter,
  inspectArena,
  type Loss,
  NotFoundError,
  QadsError,
  ReleasedError,
  WriterAbortedError,
} from 'qadataswap'

import { arenaExists, uniqueName, until } from '../support/arenas.js'
import { numberBatch, numberBatchId } from '../support/batches.js'
import { Child } from '../support/child_process.js'
import type { ProducerArgs } from './producers.js'
import type { ConsumerSurface, NumberBatch } from './surface.js'

const PRODUCERS = new URL('./producers.js', import.meta.url).href
const WAIT = { waitMs: 60_000 }

/** Rows of a batch that is copied out of the ring, and of one that is leased in place. */
const SMALL_ROWS = 10
const LARGE_ROWS = 10_000

export function consumerContract(test: TestFn, surface: ConsumerSurface): void {
  const title = (sentence: string) => `${surface.name}: ${sentence}`
  const range = (count: number) => Array.from({ length: count }, (_, id) => id)

  for (const [size, rows, count] of [
    ['small', SMALL_ROWS, 2000],
    ['large', LARGE_ROWS, 200],
  ] as const) {
    test.serial(title(`${size} batches of another process come complete, in order, and end`), async (t) => {
      const name = uniqueName()
      const args: ProducerArgs = { name, options: { sizeMb: 1, bufferCount: 8 }, count, rows }
      const child = new Child(t, PRODUCERS, 'produceAll', args)
      const ids: number[] = []
      await surface.consume(name, WAIT, (batch) => void ids.push(numberBatchId(batch)))
      t.deepEqual(ids, range(count))
      await child.finished(t)
      t.false(arenaExists(name))
    })
  }

  test.serial(title('an arena without batches ends at once'), async (t) => {
    const name = uniqueName()
    const writer = createWriter(name, { sizeMb: 1 })
    await writer.end()
    await surface.consume(name, {}, () => t.fail('there is no batch'))
    writer.close()
    t.pass()
  })

  test.serial(title('a reader that is too slow for drop-oldest is told exactly what it lost'), async (t) => {
    const name = uniqueName()
    const count = 500
    using writer = createWriter(name, { sizeMb: 1, bufferCount: 8, onFull: 'drop-oldest' })
    const losses: Loss[] = []
    const seen: number[] = []
    let written = 0
    const write = (most: number) => {
      for (; written < most; written++) t.true(writer.tryWrite(numberBatch(written)))
    }
    write(1)
    const consumed = surface.consume(name, { onLoss: (loss) => losses.push(loss) }, async (batch) => {
      const { sequence, lost } = batchInfo(batch)!
      t.is(numberBatchId(batch), sequence)
      const previous = seen.at(-1) ?? -1
      t.deepEqual(
        lost,
        sequence === previous + 1 ? null : { first: previous + 1, count: sequence - previous - 1 },
      )
      seen.push(sequence)
      write(Math.min(written + 50, count))
      if (written === count) await writer.end()
    })
    await consumed
    t.is(seen.at(-1), count - 1, 'the newest batch is never lost')
    const lost = losses.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i))
    t.true(lost.length > 0)
    t.deepEqual(
      [...seen, ...lost].sort((a, b) => a - b),
      range(count),
    )
  })

  test.serial(title('a writer that is killed gives an error after everything it had written'), async (t) => {
    const name = uniqueName()
    const args: ProducerArgs = { name, options: { sizeMb: 1 }, count: 5, rows: SMALL_ROWS }
    const child = new Child(t, PRODUCERS, 'produceAndStay', args)
    await child.report()
    const ids: number[] = []
    const consumed = surface.consume(name, {}, (batch) => {
      ids.push(numberBatchId(batch))
      if (ids.length === 5) child.kill('SIGKILL')
      return undefined
    })
    const error = await t.throwsAsync(consumed, { instanceOf: QadsError })
    t.is(error.code, 'ERR_QADS_WRITER_DIED')
    t.true(error.message.includes(name))
    t.deepEqual(ids, range(5))
  })

  test.serial(title('a writer that aborts gives its reason after everything it had written'), async (t) => {
    const name = uniqueName()
    const args: ProducerArgs = { name, options: { sizeMb: 1 }, count: 5, rows: SMALL_ROWS }
    const child = new Child(t, PRODUCERS, 'produceAndStay', args)
    await child.report()
    const ids: number[] = []
    const consumed = surface.consume(name, {}, (batch) => {
      ids.push(numberBatchId(batch))
      if (ids.length === 5) child.tell({ abort: 'the exchange hung up' })
      return undefined
    })
    const error = await t.throwsAsync(consumed, { instanceOf: WriterAbortedError })
    t.is(error.code, 'ERR_QADS_WRITER_ABORTED')
    t.is(error.reason, 'the exchange hung up')
    t.deepEqual(ids, range(5))
    await child.finished(t)
  })

  test.serial(title('a signal ends a wait for a batch and detaches the reader'), async (t) => {
    const name = uniqueName()
    using writer = createWriter(name, { sizeMb: 1 })
    const stop = new AbortController()
    const consumed = surface.consume(name, { signal: stop.signal }, () => undefined)
    const outcome = t.throwsAsync(consumed, { name: 'AbortError' })
    await until(() => inspectArena(name).readers.some((reader) => reader.waiting))
    stop.abort(new Error('no longer needed'))
    await outcome
    t.is(inspectArena(name).readers.length, 0)
    t.true(writer.tryWrite(numberBatch(0)))
  })

  test.serial(title('a signal ends a wait for an arena that does not exist'), async (t) => {
    const stop = new AbortController()
    const consumed = surface.consume(uniqueName(), { ...WAIT, signal: stop.signal }, () => undefined)
    setImmediate(() => stop.abort())
    await t.throwsAsync(consumed, { name: 'AbortError' })
  })

  test.serial(title('a signal that has fired before is an error before the first batch'), async (t) => {
    const name = uniqueName()
    using writer = createWriter(name, { sizeMb: 1 })
    writer.tryWrite(numberBatch(0))
    const consumed = surface.consume(name, { signal: AbortSignal.abort() }, () => t.fail('a batch came'))
    // The signal's own reason, where a web stream is not even begun; a DOMException is no Error to ava.
    await t.throwsAsync(consumed, { name: 'AbortError', any: true })
    t.is(inspectArena(name).readers.length, 0)
  })

  test.serial(title('stopping early detaches the reader, and the writer goes on'), async (t) => {
    const name = uniqueName()
    const args: ProducerArgs = { name, options: { sizeMb: 1, bufferCount: 4 }, count: 100, rows: SMALL_ROWS }
    const child = new Child(t, PRODUCERS, 'produceAll', args)
    const ids: number[] = []
    await surface.consume(name, WAIT, (batch) => (ids.push(numberBatchId(batch)) < 3 ? undefined : 'stop'))
    t.deepEqual(ids, range(3))
    t.is(inspectArena(name).readers.length, 0)
    // What all had read may go, and the rest is kept for the next reader.
    const rest: number[] = []
    await surface.consume(name, {}, (batch) => void rest.push(numberBatchId(batch)))
    t.is(rest.at(-1), 99)
    t.true(rest[0]! <= 3 + surface.readAhead)
    t.deepEqual(rest, range(100).slice(rest[0]))
    await child.finished(t)
  })

  test.serial(title('an error of the handler reaches the caller and detaches the reader'), async (t) => {
    const name = uniqueName()
    using writer = createWriter(name, { sizeMb: 1 })
    writer.tryWrite(numberBatch(0))
    const consumed = surface.consume(name, {}, () => {
      throw new RangeError('handler')
    })
    await t.throwsAsync(consumed, { instanceOf: RangeError, message: 'handler' })
    t.is(inspectArena(name).readers.length, 0)
  })

  test.serial(title('a slow consumer holds the writer in another process back'), async (t) => {
    const name = uniqueName()
    const slots = 4
    const args: ProducerArgs = {
      name,
      options: { sizeMb: 1, bufferCount: slots },
      count: 50,
      rows: SMALL_ROWS,
    }
    const child = new Child(t, PRODUCERS, 'produceUntilFull', args)
    t.is(await child.report(), slots)
    const ids: number[] = []
    await surface.consume(name, {}, async (batch) => {
      ids.push(numberBatchId(batch))
      const consumed = ids.length
      // The writer fills what was freed, and then waits: it is never further ahead than the ring and the read-ahead.
      const reachable = Math.min(args.count, consumed - 1 + slots)
      await until(() => publishedIn(name) >= reachable)
      // An arena that is gone was written and taken from the ring to its end.
      const published = Math.min(args.count, publishedIn(name))
      t.true(published <= consumed + surface.readAhead + slots, `${published} written, ${consumed} consumed`)
      return undefined
    })
    t.deepEqual(ids, range(50))
    await child.finished(t)
  })

  test.serial(title('a slow producer is waited for, batch by batch'), async (t) => {
    const name = uniqueName()
    const args: ProducerArgs = { name, options: { sizeMb: 1 }, count: 0, rows: SMALL_ROWS }
    const child = new Child(t, PRODUCERS, 'produceOnDemand', args)
    await child.report()
    const ids: number[] = []
    const consumed = surface.consume(name, {}, (batch) => {
      ids.push(numberBatchId(batch))
      child.tell(ids.length < 20 ? ids.length : null)
      return undefined
    })
    await until(() => inspectArena(name).readers.some((reader) => reader.waiting))
    child.tell(0)
    await consumed
    t.deepEqual(ids, range(20))
    await child.finished(t)
  })

  for (const [size, rows] of [
    ['small', SMALL_ROWS],
    ['large', LARGE_ROWS],
  ] as const) {
    test.serial(
      title(`${size} batches that are kept stay as they are, while the ring goes round and after the end`),
      async (t) => {
        const name = uniqueName()
        const args: ProducerArgs = { name, options: { sizeMb: 1, bufferCount: 8 }, count: 60, rows }
        const child = new Child(t, PRODUCERS, 'produceAll', args)
        const kept: NumberBatch[] = []
        await surface.consume(name, WAIT, (batch) => {
          kept.push(batch)
          for (const [id, one] of kept.entries())
            if (numberBatchId(one) !== id) throw new Error(`batch ${id} changed`)
          return undefined
        })
        await child.finished(t)
        t.deepEqual(kept.map(numberBatchId), range(60))
      },
    )

    if (!surface.scoped) continue
    test.serial(title(`scoped: a ${size} batch is gone when the next one has come`), async (t) => {
      const name = uniqueName()
      using writer = createWriter(name, { sizeMb: 4 })
      for (let id = 0; id < 3; id++) t.true(writer.tryWrite(numberBatch(id, rows)))
      await writer.end()
      const seen: NumberBatch[] = []
      await surface.consume(name, { lease: 'scoped' }, (batch) => {
        const previous = seen.at(-1)
        if (previous !== undefined) {
          t.throws(() => previous.getChild('id'), { instanceOf: ReleasedError, code: 'ERR_QADS_RELEASED' })
        }
        t.is(numberBatchId(batch), seen.push(batch) - 1)
        return undefined
      })
      t.is(seen.length, 3)
    })
  }
}

/** Batches that the arena's writer has published; an arena that is gone has published all that it ever will. */
function publishedIn(name: string): number {
  try {
    return inspectArena(name).published
  } catch (error) {
    if (error instanceof NotFoundError) return Infinity
    throw error
  }
}
