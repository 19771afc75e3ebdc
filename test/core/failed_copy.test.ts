import test from 'ava'
import { Float64, makeData, RecordBatch } from 'apache-arrow'
import { createReader, createWriter } from 'qadataswap'

import { numberSchema } from '../support/batches.js'
import { leavesNothing, uniqueName } from '../support/arenas.js'

/** Columns of 128 KiB or more are copied last, by one native call. */
const ROWS = 32_768

const floats = (data: Float64Array) => makeData({ type: new Float64(), data })

test('a batch whose memory goes away while its write waits fails, and leaves nothing to the next one', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 4 })
  using reader = createReader(writer.name)
  const loan = await writer.loan(numberSchema, 1)
  const gone = new Float64Array(ROWS)
  const write = writer.write(new RecordBatch({ large: floats(new Float64Array(ROWS)), gone: floats(gone) }))
  structuredClone(gone, { transfer: [gone.buffer] })
  loan.abort()
  await t.throwsAsync(write, { instanceOf: TypeError })

  const small = Float64Array.of(2, 3)
  await writer.write(new RecordBatch({ n: floats(small) }))
  t.deepEqual((await reader.read())!.getChild('n')!.toArray(), small)
})
leavesNothing(test)
