import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import test from 'ava'
import { fromArena, mergeMapBatch, switchMapBatch } from 'qadataswap/rx'
import { type ArenaReadableOptions, createReadable, rebatch, sliceRows, tap } from 'qadataswap/streams'
import { from, lastValueFrom, tap as tapped } from 'rxjs'

import { leavesNothing } from '../support/arenas.js'
import type { NumberColumns } from '../support/batches.js'
import { lastWordsContract } from './last_words.js'
import type { NumberBatch, Verdict } from './surface.js'

type Each = (batch: NumberBatch) => Promise<Verdict> | Verdict

const readable = (name: string, options?: ArenaReadableOptions) =>
  createReadable<NumberColumns>(name, options)

async function iterate(source: AsyncIterable<unknown>, each: Each): Promise<void> {
  for await (const batch of source) await each(batch as NumberBatch)
}

/** A destination that is slow, and takes `highWaterMark` batches at once before it says so. */
function slowWritable(each: Each, highWaterMark: number): Writable {
  return new Writable({
    objectMode: true,
    highWaterMark,
    write(batch, _encoding, done) {
      Promise.resolve(each(batch as NumberBatch)).then(() => done(), done)
    },
  })
}

// Ways to consume streams that queue more than one batch themselves, or hold several at once.
for (const highWaterMark of [1, 2, 16]) {
  const options = { highWaterMark }
  lastWordsContract(test, {
    name: `Readable, ${highWaterMark} ahead`,
    consume: (name, _, each) => iterate(readable(name, options), each),
  })
  lastWordsContract(test, {
    name: `web stream, ${highWaterMark} ahead`,
    consume: (name, _, each) => iterate(Readable.toWeb(readable(name, options)), each),
  })
  lastWordsContract(test, {
    name: `pipeline to a Writable, ${highWaterMark} ahead`,
    consume: (name, _, each) => pipeline(readable(name, options), slowWritable(each, highWaterMark)),
  })
}

lastWordsContract(test, {
  name: 'pipeline through transforms to a Writable',
  consume: (name, _, each) =>
    pipeline(
      readable(name),
      tap<NumberColumns>(),
      new PassThrough({ objectMode: true }),
      rebatch<NumberColumns>({ rows: 10 }),
      slowWritable(each, 16),
    ),
})
lastWordsContract(test, {
  name: 'pipeline through transforms to a function',
  consume: (name, _, each) =>
    pipeline(
      readable(name),
      new PassThrough({ objectMode: true }),
      tap<NumberColumns>(),
      (source: AsyncIterable<unknown>) => iterate(source, each),
    ),
})
lastWordsContract(test, {
  name: 'pipeline through a stage',
  consume: (name, _, each) => pipeline(readable(name), sliceRows<NumberColumns>(0), slowWritable(each, 1)),
})
lastWordsContract(test, {
  name: 'web stream over a transform',
  async consume(name, _, each) {
    const stage = tap<NumberColumns>()
    const source = pipeline(readable(name), stage)
    await Promise.all([source, iterate(Readable.toWeb(stage), each)])
  },
})
lastWordsContract(test, {
  name: 'pipeTo',
  async consume(name, _, each) {
    const sink = new WritableStream<NumberBatch>({
      write: async (batch) => {
        await each(batch)
      },
    })
    await (Readable.toWeb(readable(name)) as ReadableStream<NumberBatch>).pipeTo(sink)
  },
})
lastWordsContract(test, {
  name: "'data' with pause and resume",
  consume: (name, _, each) =>
    new Promise((_resolve, reject) => {
      const stream = readable(name)
      stream.on('error', reject)
      stream.on('data', (batch: NumberBatch) => {
        stream.pause()
        void Promise.resolve(each(batch)).finally(() => stream.resume())
      })
    }),
})
lastWordsContract(test, {
  name: 'mergeMapBatch',
  consume: (name, _, each) =>
    lastValueFrom(
      fromArena<NumberColumns>(name).pipe(mergeMapBatch((batch) => from(Promise.resolve(each(batch))), 1)),
    ).then(() => undefined),
})
lastWordsContract(test, {
  name: 'switchMapBatch',
  consume: (name, _, each) =>
    lastValueFrom(
      fromArena<NumberColumns>(name, { maxInFlight: 1 }).pipe(switchMapBatch(async (batch) => each(batch))),
    ).then(() => undefined),
})
lastWordsContract(test, {
  name: 'plain subscription',
  async consume(name, _, each) {
    const work: unknown[] = []
    await lastValueFrom(fromArena<NumberColumns>(name).pipe(tapped((batch) => work.push(each(batch)))))
  },
})
leavesNothing(test)
