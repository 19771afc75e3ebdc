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

test('an error of the step comes after the outputs before it, however slow the consumer is', async (t) => {
  for (const highWaterMark of [1, 16]) {
    for (const atEnd of [false, true]) {
      const arrived: number[] = []
      const fail = (): never => {
        throw new RangeError('the fourth')
      }
      const running = pipeline(
        Readable.from([0, 1, 2, 3].slice(0, atEnd ? 3 : 4)),
        new BatchTransform<number, number>({
          *each(input) {
            if (input === 3) fail()
            yield input
          },
          end: fail,
        }),
        new Writable({
          objectMode: true,
          highWaterMark,
          write(chunk: number, _encoding, done) {
            void turn()
              .then(turn)
              .then(() => {
                arrived.push(chunk)
                done()
              })
          },
        }),
      )
      await t.throwsAsync(running, { instanceOf: RangeError, message: 'the fourth' })
      t.deepEqual(arrived, [0, 1, 2])
    }
  }
})

test('a transform that failed and is destroyed before its consumer came back gives up its error', async (t) => {
  const transform = new BatchTransform<number, number>({
    *each(input) {
      yield input
      throw new RangeError('held')
    },
  })
  const errors: unknown[] = []
  transform.on('error', (error) => errors.push(error))
  transform.write(1)
  await turn()
  t.is(transform.readableLength, 1)
  transform.destroy(new Error('enough'))
  await turn()
  t.deepEqual(
    errors.map((error) => (error as Error).message),
    ['enough'],
  )
})
