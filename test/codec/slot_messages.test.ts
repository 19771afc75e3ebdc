import { readdirSync, readFileSync } from 'node:fs'

import test from 'ava'
import { DecodeCache, decodeSlot } from '#src/codec/decode.js'
import { Block, blockWords, Layout } from '#src/codec/layout.js'
import { IncompatibleError } from '#src/base/errors.js'
import { addon } from '#src/native/load_addon.js'
import { assertBatchesEqual } from '../support/equal.js'

const CORPUS = 'native/fuzz/corpus/ipc'
const PREFIX = 8

/** Everything that is no body, as [begin, end) in the slot. */
function messagesOf(layout: Float64Array): [number, number][] {
  const schema = layout[Layout.SchemaOffset]!
  const places: [number, number][] = [[schema - PREFIX, schema + layout[Layout.SchemaLength]!]]
  for (let block: number = Layout.Blocks; block < layout.length; block += blockWords(layout, block)) {
    const metadata = layout[block + Block.MetadataOffset]!
    places.push([metadata - PREFIX, metadata + layout[block + Block.MetadataLength]!])
  }
  return places
}

function decoded(slot: Uint8Array, layout: Float64Array, messages?: () => Uint8Array) {
  try {
    return decodeSlot(slot, layout, new DecodeCache(), undefined, undefined, messages && { messages })
  } catch (error) {
    // Of types that apache-arrow lacks, and compressed ones without a codec.
    if (error instanceof IncompatibleError) return undefined
    throw error
  }
}

test('a slot is decoded from its messages as they were verified, whatever lies in their places', (t) => {
  let read = 0
  for (const name of readdirSync(CORPUS).filter((file) => file.endsWith('.arrow'))) {
    const slot = Uint8Array.from(readFileSync(`${CORPUS}/${name}`))
    const layout = addon().verifySlot(slot)
    const places = messagesOf(layout)
    const messages = Buffer.concat(places.map(([begin, end]) => slot.slice(begin, end)))
    const expected = decoded(slot, layout)
    const overwritten = Uint8Array.from(slot)
    for (const [begin, end] of places) overwritten.fill(0xa5, begin, end)
    const actual = decoded(overwritten, layout, () => messages)
    t.is(actual === undefined, expected === undefined, name)
    if (expected === undefined || actual === undefined) continue
    assertBatchesEqual(actual, expected)
    t.deepEqual(actual.metadata, expected.metadata)
    read++
  }
  t.true(read > 100, `${read} slots read`)
})
