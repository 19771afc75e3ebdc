import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { createWriter } from 'qadataswap'
import { createReadable, selectColumns } from 'qadataswap/streams'

import { leavesNothing, uniqueName, until } from '../support/arenas.js'
import type { NumberBatch } from '../contract/surface.js'
import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'

for (const [name, over] of [
  ['a readable', (source: Readable) => source],
  ['a transform', (source: Readable) => source.pipe(selectColumns<NumberColumns>(['id', 'value']))],
] as [string, (source: Readable) => Readable][]) {
  // What came after the cancel would be an uncaught exception, with which the whole file fails.
  test(`a web stream over ${name} that is cancelled while batches flow takes no more`, async (t) => {
    for (const reads of [1, 2, 3]) {
      for (const turns of [0, 1, 2]) {
        using writer = createWriter<NumberColumns>(uniqueName(), { sizeMb: 1 })
        const source = createReadable<NumberColumns>(writer.name, { highWaterMark: 4 })
        const stream = over(source)
        for (let id = 0; id < 12; id++) writer.tryWrite(numberBatch(id))
        const reader = (Readable.toWeb(stream) as ReadableStream<NumberBatch>).getReader()
        for (let id = 0; id < reads; id++) t.is(numberBatchId((await reader.read()).value!), id)
        for (let i = 0; i < turns; i++) await turn()
        const pending = reader.read()
        await reader.cancel()
        const { value } = await pending
        t.true(value === undefined || numberBatchId(value) === reads)
        await until(() => stream.closed)
        t.is(stream.read(), null)
        source.destroy()
      }
    }
  })
}
leavesNothing(test)
