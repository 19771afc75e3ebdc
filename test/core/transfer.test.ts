import { createHash } from 'node:crypto'
import { ReadableStream, type ReadableByteStreamController } from 'node:stream/web'
import { MessageChannel } from 'node:worker_threads'

import test, { type ExecutionContext } from 'ava'
import type { RecordBatch } from 'apache-arrow'
import type { QadsError } from 'qadataswap'
import { ClosedError, createReader, createWriter, release } from 'qadataswap'

import { closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import { numberBatch, numberBatchId, type NumberColumns, numberSchema } from '../support/batches.js'
import { collectGarbage } from '../support/gc.js'

type Transferable = ArrayBuffer & { transfer?(): ArrayBuffer; transferToFixedLength?(): ArrayBuffer }
interface Taken {
  bytes?: Uint8Array | undefined
}

/** Each moves the memory of an ArrayBuffer to another one, is refused, or copies it. */
const WAYS: Record<string, (buffer: Transferable) => Promise<ArrayBuffer> | ArrayBuffer | undefined> = {
  structuredClone: (buffer) => structuredClone<ArrayBuffer>(buffer, { transfer: [buffer] }),
  postMessage: (buffer) => {
    const { port1, port2 } = new MessageChannel()
    try {
      port1.postMessage(buffer, [buffer])
      return undefined
    } finally {
      port1.close()
      port2.close()
    }
  },
  transfer: (buffer) => buffer.transfer?.(),
  transferToFixedLength: (buffer) => buffer.transferToFixedLength?.(),
  'a byte stream': async (buffer) => {
    const stream = new ReadableStream({
      type: 'bytes',
      start: (controller: ReadableByteStreamController) => controller.enqueue(new Uint8Array(buffer)),
    })
    const { value } = (await stream.getReader().read()) as { value: Uint8Array<ArrayBuffer> }
    return value.buffer
  },
}
/** Ways that may be refused, and the only errors with which. */
const REFUSALS = ['DataCloneError', 'TypeError']

const SMALL = 10
const LARGE = 5000

function pair(t: ExecutionContext) {
  const writer = closing(t, createWriter<NumberColumns>(uniqueName(), { sizeMb: 1 }))
  const reader = closing(t, createReader<NumberColumns>(writer.name))
  return { writer, reader }
}

/** Undefined where the buffer stays where it is. */
async function take(t: ExecutionContext, way: string, buffer: ArrayBuffer): Promise<Taken> {
  try {
    const taken = await WAYS[way]!(buffer)
    return buffer.byteLength === 0 && taken ? { bytes: new Uint8Array(taken) } : {}
  } catch (error) {
    t.true(REFUSALS.includes((error as Error).name), String(error))
    t.true(buffer.byteLength > 0)
    return {}
  }
}

const digest = ({ bytes }: Taken) => bytes && createHash('sha1').update(bytes).digest('hex')
const firstId = (batch: RecordBatch<NumberColumns>) => batch.getChild('id')!.get(0)! / 1000
const bufferOf = (batch: RecordBatch<NumberColumns>) =>
  batch.getChild('id')!.data[0]!.values.buffer as ArrayBuffer

for (const way of Object.keys(WAYS)) {
  test(`${way} of a small batch: what is read later is right, and what was taken does not change`, async (t) => {
    const { writer, reader } = pair(t)
    const read = (id: number) => {
      writer.writeSync(numberBatch(id, SMALL))
      return reader.readSync()!
    }
    const first = read(0)
    const neighbour = read(1)
    const taken = await take(t, way, bufferOf(first))
    const before = digest(taken)
    for (let id = 2; id < 2000; id++) t.is(firstId(read(id)), id)
    t.is(digest(taken), before)
    try {
      t.is(numberBatchId(neighbour), 1)
    } catch (error) {
      t.true(taken.bytes !== undefined)
      t.is((error as QadsError).code, 'ERR_QADS_RELEASED')
    }
  })

  test(`${way} of a batch that is read in place: it shows no other batch's bytes after its release`, async (t) => {
    const { writer, reader } = pair(t)
    const turns = (from: number) => {
      for (let id = from; id < from + 100; id++) {
        writer.writeSync(numberBatch(id, LARGE))
        const batch = reader.readSync()!
        t.is(firstId(batch), id)
        release(batch)
      }
    }
    writer.writeSync(numberBatch(0, LARGE))
    const taken: Taken = {}
    const takeFirst = async () => {
      const batch = reader.readSync()!
      Object.assign(taken, await take(t, way, bufferOf(batch)))
      const before = digest(taken)
      t.true(release(batch))
      t.false(release(batch))
      turns(1)
      t.is(digest(taken), before)
    }
    await takeFirst()
    const before = digest(taken)
    t.is(reader.stats().leases, taken.bytes === undefined ? 0 : 1)
    turns(101)
    t.is(digest(taken), before)
    taken.bytes = undefined
    await until(async () => {
      await collectGarbage()
      return reader.stats().leases === 0
    })
  })

  test(`${way} of a batch that is read in place and dropped, while the event loop does not turn`, async (t) => {
    const { writer, reader } = pair(t)
    const read = (id: number) => {
      writer.writeSync(numberBatch(id, LARGE))
      const batch = reader.readSync()!
      t.is(firstId(batch), id)
      return batch
    }
    for (let id = 0; id < 100; id++) read(id)
    const taken = await take(t, way, bufferOf(read(100)))
    const before = digest(taken)
    for (let id = 101; id < 1000; id++) read(id)
    t.is(digest(taken), before)
  })

  test(`${way} of a loan: its commit says so, later writes go on, and the ring is out of reach after the close`, async (t) => {
    const { writer, reader } = pair(t)
    const loan = writer.loanSync(numberSchema, SMALL)
    const taken = await take(t, way, loan.columns.id.buffer as ArrayBuffer)
    if (taken.bytes === undefined) {
      loan.commit()
      reader.readSync()
    } else {
      const thrown = t.throws(() => loan.commit(), { instanceOf: ClosedError })
      t.regex(thrown.message, new RegExp(writer.name))
    }
    for (const rows of [SMALL, LARGE, 5 * LARGE]) {
      writer.writeSync(numberBatch(rows, rows))
      t.is(numberBatchId(reader.readSync()!), rows)
    }
    const again = writer.loanSync(numberSchema, SMALL)
    for (let i = 0; i < SMALL; i++) {
      again.columns.id[i] = 5000 + i
      again.columns.value[i] = (5000 + i) / 2
    }
    again.commit()
    writer.close()
    taken.bytes?.fill(0xff)
    t.is(numberBatchId(reader.readSync()!), 5)
  })
}

test('memory that was transferred goes with its new owner, while the reader goes on', async (t) => {
  const { writer, reader } = pair(t)
  const others: Uint8Array[] = []
  for (let round = 0; round < 5; round++) {
    for (const way of Object.keys(WAYS)) {
      writer.writeSync(numberBatch(round, SMALL))
      await take(t, way, bufferOf(reader.readSync()!))
      await collectGarbage()
      others.push(new Uint8Array(256 * 1024).fill(7))
      for (let i = 0; i < 20; i++) {
        writer.writeSync(numberBatch(i, SMALL))
        t.is(numberBatchId(reader.readSync()!), i)
      }
    }
  }
  t.true(others.every((other) => other.every((byte) => byte === 7)))
})

leavesNothing(test)
