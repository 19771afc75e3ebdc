import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { Block, blockWords, Layout } from '#src/codec/layout.js'
import { addon } from '#src/native/load_addon.js'
import { Random } from '../support/random.js'

const CORPUS = resolve('native/fuzz/corpus/ipc')
/** Reads slots in processes of their own, which it ends when they hang; native/fuzz has the test over all flips. */
const READER = resolve('native/fuzz/flips.mjs')
const SLOTS = [
  'py-mixed',
  'py-dictionary-nested',
  'py-union-dense',
  'py-utf8-view',
  'py-deep',
  'js-py-metadata',
  'js-own-delta',
  'polars-frame-uncompressed',
  'rs64-py-mixed',
]
const FLIPS = process.env['QADS_QUICK'] ? 500 : 4000

/** The bytes of a slot that are no values. */
function metadataBytes(slot: Uint8Array): number[] {
  const layout = addon().verifySlot(slot)
  const isValue = new Uint8Array(slot.length)
  for (let block: number = Layout.Blocks; block < layout.length; block += blockWords(layout, block)) {
    const begin = layout[block + Block.BodyOffset]!
    isValue.fill(1, begin, begin + layout[block + Block.BodyLength]!)
  }
  return [...isValue.keys()].filter((byte) => !isValue[byte])
}

function isAccepted(slot: Uint8Array): boolean {
  try {
    addon().verifySlot(slot)
    return true
  } catch {
    return false
  }
}

test('what the verifier lets through with one bit of metadata flipped, apache-arrow reads without hanging or exhausting memory', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'qads-flips-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const seed = Date.now() | 0
  t.log(`seed ${seed}`)
  const random = new Random(seed)
  let refused = 0
  const files = await Promise.all(
    SLOTS.map(async (name) => {
      const slot = new Uint8Array(await readFile(join(CORPUS, `${name}.arrow`)))
      const bytes = metadataBytes(slot)
      const bits = Array.from({ length: FLIPS }, () => random.pick(bytes) * 8 + random.below(8))
      const accepted = bits.filter((bit) => {
        slot[bit >> 3]! ^= 1 << (bit & 7)
        const verdict = isAccepted(slot)
        slot[bit >> 3]! ^= 1 << (bit & 7)
        return verdict
      })
      refused += bits.length - accepted.length
      const file = join(folder, `${name}.arrow`)
      await writeFile(file, slot)
      await writeFile(`${file}.accepted`, Uint32Array.from(accepted))
      return file
    }),
  )
  t.true(refused > (SLOTS.length * FLIPS) / 4, 'a verifier that lets everything through proves nothing')
  const { stdout } = await promisify(execFile)(process.execPath, [READER, ...files])
  t.regex(stdout, /^\d+ readings, \d+ exceptions, 0 findings$/m)
})
