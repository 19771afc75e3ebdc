import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import fc from 'fast-check'
import { BatchTransform } from 'qadataswap/streams'

/** Input `n` becomes `counts[n]` outputs; what arrives, in order. */
async function run(
  counts: readonly number[],
  atEnd: number,
  slow: (seen: number) => boolean,
): Promise<string[]> {
  const arrived: string[] = []
  await pipeline(
    Readable.from(counts.keys()),
    new BatchTransform<number, string>({
      *each(input) {
        for (let i = 0; i < counts[input]!; i++) yield `${input}.${i}`
      },
      *end() {
        for (let i = 0; i < atEnd; i++) yield `end.${i}`
      },
    }),
    new Writable({
      objectMode: true,
      highWaterMark: 1,
      write(chunk: string, _encoding, done) {
        arrived.push(chunk)
        if (slow(arrived.length)) void turn().then(() => done())
        else done()
      },
    }),
  )
  return arrived
}

test('whatever number of outputs an input has, and however slow the consumer is, all arrive in order', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(5), { maxLength: 60 }),
      fc.nat(4),
      fc.integer({ min: 1, max: 4 }),
      async (counts, atEnd, every) => {
        const expected = counts.flatMap((count, input) =>
          Array.from({ length: count }, (_, i) => `${input}.${i}`),
        )
        expected.push(...Array.from({ length: atEnd }, (_, i) => `end.${i}`))
        t.deepEqual(await run(counts, atEnd, (seen) => seen % every === 0), expected)
      },
    ),
    { numRuns: 200 },
  )
})
