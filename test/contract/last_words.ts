import { setImmediate as turn } from 'node:timers/promises'

import type { TestFn } from 'ava'
import { createReader, QadsError, WriterAbortedError } from 'qadataswap'

import { uniqueName } from '../support/arenas.js'
import { numberBatchId } from '../support/batches.js'
import { Child } from '../support/child_process.js'
import type { ProducerArgs } from './producers.js'
import type { ConsumerSurface } from './surface.js'

const PRODUCERS = new URL('./producers.js', import.meta.url).href
/** Turns of the event loop for each batch: more than an error needs from the reader to the end of any chain. */
const SLOW_TURNS = 50

/** A consumer that is still busy with the first batches when the writer goes gets all the others, and then the error. */
export function lastWordsContract(test: TestFn, surface: Pick<ConsumerSurface, 'name' | 'consume'>): void {
  for (const count of [6, 40]) {
    for (const how of ['is killed', 'aborts'] as const) {
      const title = `${surface.name}: a slow consumer gets all ${count} batches of a writer that ${how}, then the error`
      test.serial(title, async (t) => {
        const name = uniqueName()
        const args: ProducerArgs = { name, options: { sizeMb: 1 }, count, rows: 10 }
        const child = new Child(t, PRODUCERS, 'produceAndStay', args)
        await child.report()
        using witness = createReader(name, { from: count })
        const ids: number[] = []
        const consumed = surface.consume(name, {}, async (batch) => {
          ids.push(numberBatchId(batch))
          if (ids.length === 1) {
            if (how === 'aborts') child.tell({ abort: 'the exchange hung up' })
            else child.kill('SIGKILL')
            // Readers of one process are woken together: when this one knows, the surface's does.
            await t.throwsAsync(witness.read(), { instanceOf: QadsError })
          }
          for (let i = 0; i < SLOW_TURNS; i++) await turn()
          return undefined
        })
        const error = await t.throwsAsync(consumed, { instanceOf: QadsError })
        t.is(error.code, how === 'aborts' ? 'ERR_QADS_WRITER_ABORTED' : 'ERR_QADS_WRITER_DIED')
        if (error instanceof WriterAbortedError) t.is(error.reason, 'the exchange hung up')
        t.deepEqual(
          ids,
          Array.from({ length: count }, (_, id) => id),
        )
        await child.exit
      })
    }
  }
}
