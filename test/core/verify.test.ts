import { Float64, makeData, RecordBatch, Schema, Field, Struct, Utf8, vectorFromArray } from 'apache-arrow'
import test from 'ava'
import { createReader, createWriter, CorruptError, InvalidArgumentError, type Verify } from 'qadataswap'
import { Block, blockWords, Layout } from '#src/codec/layout.js'
import { addon } from '#src/native/load_addon.js'

import { closing, uniqueName } from '../support/arenas.js'
import { assertBatchesEqual } from '../support/equal.js'
import { Peer } from '../support/peer.js'

/** Copied out of the ring, and leased in place. */
const ROWS = { small: 10, large: 10_000 }

function words(rows: number, metadata?: Map<string, string>): RecordBatch {
  const texts = vectorFromArray(
    Array.from({ length: rows }, (_, row) => `word ${row}`),
    new Utf8(),
  ).data[0]!
  const numbers = vectorFromArray(
    Array.from({ length: rows }, (_, row) => row),
    new Float64(),
  ).data[0]!
  const schema = new Schema([new Field('w', new Utf8(), true), new Field('x', new Float64(), true)])
  const data = makeData({ type: new Struct(schema.fields), length: rows, children: [texts, numbers] })
  return metadata === undefined ? new RecordBatch(schema, data) : new RecordBatch(schema, data, metadata)
}

/** The layout of the only slot of an arena, and where it lies in the file. */
function slotIn(peer: Peer): { at: number; layout: Float64Array; bytes: Uint8Array } {
  const { at, bytes } = peer.slot(1 << 20)
  const end = Buffer.from(bytes).indexOf('ARROW1', 8) + 6
  const slot = bytes.slice(0, end)
  return { at, bytes: slot, layout: addon().verifySlot(slot) }
}

/** Fills everything but the bodies. */
function overwriteMetadata(peer: Peer, fill: number): void {
  const { at, layout, bytes } = slotIn(peer)
  let begin = 0
  for (let block: number = Layout.Blocks; block < layout.length; block += blockWords(layout, block)) {
    const body = layout[block + Block.BodyOffset]!
    peer.overwrite(at + begin, new Uint8Array(body - begin).fill(fill))
    begin = body + layout[block + Block.BodyLength]!
  }
  peer.overwrite(at + begin, new Uint8Array(bytes.length - begin).fill(fill))
}

test('values are verified by default only where others can write', (t) => {
  const verified = (mode: number, verify?: Verify) => {
    const writer = createWriter(uniqueName(), { sizeMb: 1, mode })
    closing(t, writer)
    const reader = createReader(writer.name, verify === undefined ? {} : { verify })
    closing(t, reader)
    return reader.verify
  }
  t.is(verified(0o600), 'metadata')
  t.is(verified(0o660), 'values')
  t.is(verified(0o666), 'values')
  t.is(verified(0o600, 'values'), 'values')
  t.is(verified(0o660, 'metadata'), 'metadata')
})

test('what is verified is unknown while the arena does not exist, unless it was chosen', (t) => {
  const waiting = createReader(uniqueName(), { waitMs: 60_000 })
  closing(t, waiting)
  t.is(waiting.verify, undefined)
  const chosen = createReader(uniqueName(), { waitMs: 60_000, verify: 'values' })
  closing(t, chosen)
  t.is(chosen.verify, 'values')
})

test('another word for what to verify is an error that gives the choices', (t) => {
  t.throws(() => createReader(uniqueName(), { verify: 'all' as Verify }), {
    instanceOf: InvalidArgumentError,
    message: /options\.verify.*'metadata', 'values', got "all"/,
  })
})

for (const [size, rows] of Object.entries(ROWS)) {
  test(`a ${size} batch whose offsets lie is refused where values are verified, and the next is read`, (t) => {
    const writer = createWriter(uniqueName(), { sizeMb: 4 })
    closing(t, writer)
    const careful = createReader(writer.name, { verify: 'values' })
    closing(t, careful)
    const trusting = createReader(writer.name, { verify: 'metadata' })
    closing(t, trusting)
    writer.writeSync(words(rows))
    const peer = new Peer(writer.name)
    const { at, layout } = slotIn(peer)
    const nodes = layout[Layout.Blocks + Block.Nodes]!
    const offsets = layout[Layout.Blocks + Block.Numbers + 2 * nodes + 2]!
    peer.overwrite(at + offsets + 4 * 5, Uint8Array.of(255, 255, 255, 127))
    writer.writeSync(words(rows))
    t.throws(() => careful.tryRead(), {
      instanceOf: CorruptError,
      message: new RegExp(`arena "${writer.name}": batch 0 .*offset is out of order`),
    })
    assertBatchesEqual(careful.tryRead()!, words(rows))
    t.is(trusting.tryRead()!.numRows, rows)
  })
}

test('metadata that is overwritten after a batch was leased changes nothing', (t) => {
  for (const fill of [0, 255, 81]) {
    const metadata = new Map([['unit', 'metres']])
    const writer = createWriter(uniqueName(), { sizeMb: 4 })
    closing(t, writer)
    const reader = createReader(writer.name)
    closing(t, reader)
    writer.writeSync(words(ROWS.large, metadata))
    const batch = reader.tryRead()!
    overwriteMetadata(new Peer(writer.name), fill)
    t.deepEqual(batch.metadata, metadata)
    assertBatchesEqual(batch, words(ROWS.large, metadata))
  }
})
