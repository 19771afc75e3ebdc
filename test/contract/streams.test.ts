import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import test from 'ava'
import { createReadable, createWritable } from 'qadataswap/streams'

import { leavesNothing } from '../support/arenas.js'
import type { NumberColumns } from '../support/batches.js'
import { deliveryContract } from './delivery.js'
import type { NumberBatch } from './surface.js'

const READ_AHEAD = 2

deliveryContract(test, {
  name: 'Readable',
  readAhead: READ_AHEAD + 1,
  scoped: true,

  async consume(name, options, each) {
    const readable = createReadable<NumberColumns>(name, { ...options, highWaterMark: READ_AHEAD })
    for await (const batch of readable) if ((await each(batch)) === 'stop') break
  },
})

deliveryContract(test, {
  name: 'pipeline',
  readAhead: READ_AHEAD + 1,
  scoped: true,
  takeAhead: READ_AHEAD + 1,

  async consume(name, options, each) {
    const readable = createReadable<NumberColumns>(name, { ...options, highWaterMark: READ_AHEAD })
    await pipeline(readable, async (source: AsyncIterable<NumberBatch>) => {
      for await (const batch of source) if ((await each(batch)) === 'stop') return
    })
  },

  async produce(name, options, source) {
    // A generator as such, so that the stream's buffer is the only one between the source and the ring.
    await pipeline(source, createWritable<NumberColumns>(name, { ...options, highWaterMark: READ_AHEAD }))
  },
})

deliveryContract(test, {
  name: 'web streams',
  readAhead: 2 * READ_AHEAD + 1,
  scoped: false,
  takeAhead: 2 * READ_AHEAD + 1,

  async consume(name, options, each) {
    // Node's adapter takes a stream that is destroyed already for one that has ended.
    options.signal?.throwIfAborted()
    const readable = createReadable<NumberColumns>(name, { ...options, highWaterMark: READ_AHEAD })
    const web = Readable.toWeb(readable) as AsyncIterable<NumberBatch>
    for await (const batch of web) if ((await each(batch)) === 'stop') break
  },

  async produce(name, options, source) {
    const web = Writable.toWeb(createWritable<NumberColumns>(name, { ...options, highWaterMark: READ_AHEAD }))
    const writer = web.getWriter()
    try {
      for await (const batch of source) {
        await writer.ready
        await writer.write(batch)
      }
      await writer.close()
    } catch (error) {
      await writer.abort(error)
      throw error
    }
  },
})
leavesNothing(test)
