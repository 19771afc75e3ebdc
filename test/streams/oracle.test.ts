import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type Duplex, PassThrough, type Readable, type Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import fc from 'fast-check'
import { createReadable, createWritable } from 'qadataswap/streams'

import type { NumberBatch } from '../contract/surface.js'
import { leavesNothing, uniqueName, until } from '../support/arenas.js'
import { numberBatch, numberBatchId } from '../support/batches.js'

type Step =
  | { do: 'write'; rows: number }
  | { do: 'cork' | 'uncork' | 'pause' | 'resume' | 'turn' | 'destroyReadable' }
  | { do: 'destroyWritable'; error: boolean }

const plain = (name: 'cork' | 'uncork' | 'pause' | 'resume' | 'turn' | 'destroyReadable') =>
  fc.constant({ do: name })
const life: fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constant('write' as const), rows: fc.constantFrom(1, 10, 5000) }),
  plain('pause'),
  plain('resume'),
  plain('turn'),
  plain('turn'),
  plain('cork'),
  plain('uncork'),
]
const death: fc.Arbitrary<Step> = fc.oneof(
  plain('destroyReadable'),
  fc.record({ do: fc.constant('destroyWritable' as const), error: fc.boolean() }),
)

/** What is seen of a pair of streams that are, or behave as, one pipe. */
interface Seen {
  data: number[]
  written: number[]
  ended: boolean
  error: string | undefined
}

/** Does the steps, and checks on the way what every Readable promises. */
async function play(writable: Writable, readable: Readable, steps: readonly Step[]): Promise<Seen> {
  const seen: Seen = { data: [], written: [], ended: false, error: undefined }
  let paused = false
  let over = false
  readable.on('data', (batch: NumberBatch) => {
    assert.ok(!paused, "no 'data' while paused")
    assert.ok(!seen.ended && !over, "no 'data' after the end")
    seen.data.push(numberBatchId(batch))
  })
  readable.on('end', () => {
    assert.ok(!seen.ended, "'end' comes once")
    seen.ended = true
  })
  const closed = [writable, readable].map((stream) => {
    stream.on('error', (error) => (seen.error ??= error.message))
    return once(stream, 'close').catch(() => undefined)
  })
  readable.on('close', () => (over = true))
  let next = 0
  for (const step of steps) {
    switch (step.do) {
      case 'write': {
        const id = next++
        writable.write(numberBatch(id, step.rows), (error) => {
          if (!error) seen.written.push(id)
        })
        break
      }
      case 'pause':
        readable.pause()
        paused = true
        break
      case 'resume':
        paused = false
        readable.resume()
        break
      case 'turn':
        await turn()
        break
      case 'destroyReadable':
        readable.destroy()
        break
      case 'destroyWritable':
        writable.destroy(step.error ? new Error('broken') : undefined)
        break
      default:
        writable[step.do]()
    }
    if (writable.destroyed || readable.destroyed) break
  }
  if (!writable.destroyed && !readable.destroyed) {
    while (writable.writableCorked > 0) writable.uncork()
    writable.end()
  }
  paused = false
  readable.resume()
  if (readable.destroyed) writable.destroy()
  await Promise.all(closed)
  return seen
}

const isPrefix = (part: readonly number[], whole: readonly number[]) => part.every((id, i) => id === whole[i])

test('two streams over an arena are to their users what a PassThrough is', async (t) => {
  const steps = fc.tuple(fc.array(fc.oneof(...life), { maxLength: 50 }), fc.option(death, { freq: 2 }))
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async ([alive, end], highWaterMark) => {
      const all = end === null ? alive : [...alive, end]
      const pipe: Duplex = new PassThrough({ objectMode: true, highWaterMark })
      const expected = await play(pipe, pipe, all)

      const name = uniqueName()
      const writable = createWritable(name, { sizeMb: 1, bufferCount: 4, highWaterMark })
      const readable = createReadable(name, { highWaterMark })
      const seen = await play(writable, readable, all)

      const writes = all.filter((step) => step.do === 'write').map((_, id) => id)
      assert.ok(isPrefix(seen.data, writes), 'in order, none twice')
      assert.ok(isPrefix(seen.written, writes))
      assert.equal(seen.ended, expected.ended)
      if (end === null) {
        // Node may call the callbacks of its own PassThrough out of order; ours come in order.
        assert.deepEqual(seen, { ...expected, written: writes })
        assert.deepEqual(seen.data, writes)
      } else if (end.do === 'destroyWritable') {
        // One stream of a pipe dies with the other; of an arena's, it fails with the reason.
        assert.match(seen.error!, end.error ? /broken/ : /destroyed before its end/)
      } else {
        assert.equal(seen.error, undefined)
      }
      await until(() => writable.writer.closed && readable.reader.closed)
    }),
    { numRuns: 300, includeErrorInReport: true },
  )
  t.pass()
})
leavesNothing(test)
