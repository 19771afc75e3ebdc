import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import * as zlib from 'node:zlib'
import type { ExecutionContext } from 'ava'
import test from 'ava'
import { Message, type RecordBatch, Table, tableToIPC } from 'apache-arrow'
import pl from 'nodejs-polars'
import { QadsError } from 'qadataswap'
import { fromIpc, type IpcSource } from 'qadataswap/streams'

import { decodeLz4Frame } from '#src/codec/lz4_frame.js'
import { until } from '../support/arenas.js'
import { Random } from '../support/random.js'
import { numberBatch } from '../support/batches.js'

async function collect(source: IpcSource): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = []
  for await (const batch of fromIpc(source)) batches.push(batch)
  return batches
}

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'qads-ipc-'))
  t.teardown(() => rm(path, { recursive: true }))
  return path
}

const ROWS = 60_000
const random = new Random(7)
/** Text that repeats near and far, runs of one letter, and noise: all that a block of LZ4 is made of. */
const texts = Array.from({ length: ROWS }, (_, i) =>
  i % 3 === 0 ? `noise ${random.uint32()}` : i % 3 === 1 ? 'a'.repeat(i % 400) : `row ${i % 1000} of many`,
)
const numbers = Array.from({ length: ROWS }, () => random.uint32())
const frame = pl.DataFrame({ text: texts, number: numbers })

/** Polars declares `compression` one way and takes it another from version to version. */
function compressed(compression: 'lz4' | 'zstd'): Buffer {
  return (frame.writeIPC as (options: object) => Buffer)({ compression })
}

test('what is compressed with lz4 is read, which is what pandas writes', async (t) => {
  const bytes = compressed('lz4')
  t.true(bytes.length < frame.writeIPC().length * 0.9)
  const path = join(await folder(t), 'frame.feather')
  await writeFile(path, bytes)
  for (const source of [path, bytes, Readable.from([bytes.subarray(0, 5), bytes.subarray(5)])]) {
    const batches = await collect(source)
    t.deepEqual(
      batches.flatMap((batch) => [...batch.getChild('text')!] as string[]),
      texts,
    )
    t.deepEqual(
      batches.flatMap((batch) => [...batch.getChild('number')!] as number[]),
      numbers,
    )
  }
})

test('what is compressed with zstd is read where Node can, and else the error names what helps', async (t) => {
  const bytes = compressed('zstd')
  if ('zstdDecompressSync' in zlib) {
    const batches = await collect(bytes)
    t.deepEqual(
      batches.flatMap((batch) => [...batch.getChild('text')!] as string[]),
      texts,
    )
  } else {
    await t.throwsAsync(collect(bytes), { code: 'ERR_QADS_INCOMPATIBLE', message: /npm install fzstd/ })
  }
})

/** A frame of one block, as its description says; 64 KiB at most. */
function lz4(block: number[], { stored = false, independent = true } = {}): Uint8Array {
  const size = block.length + (stored ? 0x80000000 : 0)
  const head = [0x04, 0x22, 0x4d, 0x18, 0x40 | (independent ? 0x20 : 0), 0x40, 0]
  const word = new Uint8Array(Uint32Array.of(size).buffer)
  return Uint8Array.from([...head, ...word, ...block, 0, 0, 0, 0])
}

test('damaged lz4 frames are errors, and never run on or read outside', (t) => {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
  t.is(text(decodeLz4Frame(lz4([0x50, 97, 98, 99, 100, 101]))), 'abcde')
  t.is(text(decodeLz4Frame(lz4([104, 105], { stored: true }))), 'hi')
  // Two literals, a match of 6 bytes that overlaps itself, then one literal.
  const overlapping = [0x22, 97, 98, 2, 0, 0x10, 99]
  t.is(text(decodeLz4Frame(lz4(overlapping))), 'ababababc')
  const bad: [string, Uint8Array][] = [
    ['no magic', Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])],
    ['nothing', new Uint8Array(0)],
    ['a match before the beginning', lz4([0x12, 97, 9, 0, 0x10, 99])],
    ['a match of distance 0', lz4([0x12, 97, 0, 0, 0x10, 99])],
    ['too many literals', lz4([0x50, 97])],
    ['a length that never ends', lz4([0xf0, 255, 255])],
    ['a block that says more than it holds', lz4(overlapping).subarray(0, 14)],
    ['more than a block may hold', lz4([0x1f, 97, 1, 0, ...new Array<number>(300).fill(255), 0, 0x10, 99])],
    ['no end', lz4(overlapping).subarray(0, -4)],
  ]
  for (const [what, bytes] of bad) t.throws(() => decodeLz4Frame(bytes), { instanceOf: RangeError }, what)
  const good = lz4(overlapping)
  for (let at = 0; at < good.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Uint8Array.from(good)
      flipped[at]! ^= 1 << bit
      try {
        t.true(decodeLz4Frame(flipped).length <= 65536 * 2)
      } catch (error) {
        t.true(error instanceof RangeError, String(error))
      }
    }
  }
})

function endsOfMessages(stream: Uint8Array): number[] {
  const ends: number[] = []
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength)
  for (let at = 0; view.getInt32(at + 4, true) > 0; ends.push(at)) {
    const body = at + 8 + view.getInt32(at + 4, true)
    at = body + Message.decode(stream.subarray(at + 8, body)).bodyLength
  }
  return ends
}

test('data that is cut off or damaged is an error of ours that names the file, wherever it was cut', async (t) => {
  const path = join(await folder(t), 'cut.arrow')
  const table = new Table([numberBatch(0), numberBatch(1)])
  for (const format of ['file', 'stream'] as const) {
    const whole = tableToIPC(table, format)
    // Without its end-of-stream marker a stream is whole.
    const end = format === 'file' ? whole.length : whole.length - 8
    const bodies = [...Array.from({ length: 20 }, (_, i) => Math.floor((end * i) / 20)), end - 1]
    for (const length of bodies) {
      await writeFile(path, whole.subarray(0, length))
      for (const source of [path, whole.subarray(0, length)]) {
        try {
          await collect(source)
          // Cut between two messages, a stream ends as one that has no more.
          t.true(format === 'stream' && endsOfMessages(whole).includes(length), `${format} cut to ${length}`)
        } catch (error) {
          t.true(error instanceof QadsError, `${format} cut to ${length}: ${String(error)}`)
          const { message, code } = error as QadsError
          t.true(message.startsWith(source === path ? `${path}: ` : 'the source: '), message)
          t.regex(code, /CORRUPT|INVALID_ARGUMENT/)
        }
      }
    }
  }
  t.is((await readFile(path)).length > 0, true)
})

test('what the source itself fails with comes out as it is', async (t) => {
  const failure = new Error('the network is gone')
  const whole = tableToIPC(new Table([numberBatch(0)]), 'stream')
  for (const first of [0, 4, 100, whole.length - 20]) {
    async function* chunks() {
      yield whole.subarray(0, first)
      throw failure
    }
    t.is(await t.throwsAsync(collect(chunks())), failure)
  }
})

test('a source in chunks is told when no more of it is read', async (t) => {
  const whole = tableToIPC(new Table([numberBatch(0), numberBatch(1)]), 'stream')
  let closed = 0
  async function* chunks() {
    try {
      for (let at = 0; at < whole.length; at += 50) yield whole.subarray(at, at + 50)
    } finally {
      closed++
    }
  }
  for await (const batch of fromIpc(chunks())) {
    t.is(batch.numRows, 10)
    break
  }
  await until(() => closed > 0)
  t.is(closed, 1)
})

test('big-endian data is refused, in either format, from every source', async (t) => {
  const path = join(await folder(t), 'big.arrow')
  for (const format of ['file', 'stream'] as const) {
    const bytes = Uint8Array.from(tableToIPC(new Table([numberBatch(0)]), format))
    setBigEndian(bytes, format)
    await writeFile(path, bytes)
    for (const source of [path, bytes, Readable.from([bytes.subarray(0, 3), bytes.subarray(3)])]) {
      await t.throwsAsync(collect(source), { code: 'ERR_QADS_INCOMPATIBLE', message: /big-endian/ })
    }
  }
})

/** apache-arrow leaves endianness out of the schema where it is little: the vtable gets an entry that points to a 1. */
function setBigEndian(bytes: Uint8Array, format: 'file' | 'stream'): void {
  const view = new DataView(bytes.buffer)
  const follow = (at: number) => at + view.getUint32(at, true)
  const field = (table: number, id: number) => {
    const vtable = table - view.getInt32(table, true)
    return { entry: vtable + 4 + 2 * id, at: table + view.getUint16(vtable + 4 + 2 * id, true) }
  }
  const footer = bytes.length - 10 - view.getInt32(bytes.length - 10, true)
  const schema = format === 'file' ? follow(field(follow(footer), 1).at) : follow(field(follow(8), 2).at)
  const { entry } = field(schema, 0)
  if (view.getUint16(entry, true) === 0) view.setUint16(entry, 4, true)
  view.setInt16(schema + view.getUint16(entry, true), 1, true)
}
