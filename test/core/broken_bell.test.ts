import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

import test, { type ExecutionContext } from 'ava'
import { createReader, createWriter, inspectArena } from 'qadataswap'

import { closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import { numberBatch } from '../support/batches.js'
import { Child } from '../support/child_process.js'

const LIVES = new URL('./lives.js', import.meta.url).href
const FAILING_READ = fileURLToPath(new URL('../../../preloaded/failing_read.so', import.meta.url))
const BATCHES = 12

/** A process in which the first reads of the doorbell fail. */
function failing(t: ExecutionContext, life: string, name: string, error: number, reads: number): Child {
  const env = { LD_PRELOAD: FAILING_READ, QADS_FAIL_READ: String(error), QADS_FAIL_READS: String(reads) }
  return new Child(t, LIVES, life, { name, count: BATCHES }, env)
}

for (const life of ['forAwait', 'forAwaitInThread']) {
  for (const [what, error] of [
    ['fails', constants.errno.EIO],
    ['says that the bell is at its end', 0],
  ] as const) {
    for (const reads of [1, 1_000_000]) {
      test.serial(
        `${life}: a read of the doorbell that ${what} (${reads === 1 ? 'once' : 'always'}) ends no wait`,
        async (t) => {
          const writer = closing(t, createWriter(uniqueName(), { sizeMb: 1, bufferCount: 2 }))
          const child = failing(t, life, writer.name, error, reads)
          const bells = new Set<string>()
          for (let id = 0; id < BATCHES; id++) {
            await until(() => inspectArena(writer.name).readers.some(({ waiting }) => waiting))
            for (const bell of child.bells()) bells.add(bell.replace(' (deleted)', ''))
            await writer.write(numberBatch(id))
            t.is(await child.report(), id)
          }
          t.true(bells.size > Math.min(reads, 2), 'another bell was opened')
          await writer.end()
          t.is(await child.report(), 'ended')
          await child.finished(t)
          t.is(child.stderr, '', 'no listener is added for each sleep')
        },
      )
    }
  }
}

test.serial('a write whose doorbell fails gets its space', async (t) => {
  const name = uniqueName()
  const child = failing(t, 'pendingWrite', name, constants.errno.EIO, 1)
  await child.report()
  const reader = closing(t, createReader(name))
  let batches = 0
  while ((await reader.read()) !== null) batches++
  t.is(batches, 5)
  await child.finished(t)
})

leavesNothing(test)
