import test from 'ava'
import { BatchTooLargeError, createWriter } from 'qadataswap'

import { LeasedSlot } from '#src/core/reading/leased_slot.js'
import { addon } from '#src/native/load_addon.js'
import { writerOptions } from '#src/core/options.js'
import { Acquired, Info, INFO_WORDS } from '#src/native/addon.js'
import { RingWindows } from '#src/core/writing/ring_windows.js'

import { closing, leavesNothing, uniqueName } from '../support/arenas.js'
import { numberBatch } from '../support/batches.js'
import { Random } from '../support/random.js'

const MEBI = 2 ** 20

for (const share of [1, 1 / 2, 1 / 4]) {
  test(`a ring of which ArrayBuffers show ${share * 100} % at most: every claim is written where it lies`, (t) => {
    const native = closing(
      t,
      addon().createWriter(uniqueName(), writerOptions({ sizeMb: 1, onFull: 'drop-oldest' })),
    )
    const random = new Random(12)
    const all = new Uint8Array(native.ring(0, 2 * MEBI))
    const large: [number, Uint8Array][] = []
    const windows = new RingWindows(
      native,
      (position, source) => void large.push([position, source as Uint8Array]),
      2 * MEBI * share,
    )
    t.is(windows.maxBytes, Math.min(MEBI, 2 * MEBI * share))
    const offsets = new Set<number>()
    for (let i = 0; i < 500; i++) {
      const bytes = i % 10 === 0 ? windows.maxBytes : 64 * (1 + random.below(windows.maxBytes / 64))
      const offset = addon().tryClaim(native.number, bytes)
      t.true(offset >= 0)
      offsets.add(offset)
      const views = windows.at(offset, bytes)
      const start = offset - windows.start
      views.u8.fill(i % 251, start, start + bytes)
      views.u32[start / 4] = i
      t.is(new Uint32Array(all.buffer, offset, 1)[0], i)
      t.is(all[offset + 4], i % 251)
      t.is(all[offset + bytes - 1], i % 251)
      const source = new Uint8Array(128 * 1024)
      if (bytes >= source.length) {
        views.copy(1, start, source)
        t.is(large.pop()![0], offset)
      }
      addon().commit(native.number, bytes, 0)
    }
    t.true(offsets.size > 100)
  })
}

test('bytes of a batch that no ArrayBuffer is long enough for are refused, with the numbers', (t) => {
  const writer = closing(t, createWriter(uniqueName(), { sizeMb: 64 }))
  writer.writeSync(numberBatch(1, 3_400_000))
  const native = closing(t, addon().attachReader(writer.name, { from: -1, spinMicros: 0, verify: 1 }))
  const info = new Float64Array(INFO_WORDS)
  native.bind(info, new Float64Array(512))
  t.is(addon().tryAcquire(native.number, new ArrayBuffer(0), 0), Acquired.Leased)
  const [id, length] = [info[Info.LeaseId]!, info[Info.Length]!]
  const limit = 20 * MEBI
  const slot = new LeasedSlot(native, id, length, limit)
  for (const [call, bytes] of [
    [() => slot.all(), length],
    [() => slot.part(64, limit + 1), limit + 1],
  ] as const) {
    const thrown = t.throws(call, { instanceOf: BatchTooLargeError })
    t.regex(thrown.message, new RegExp(`"${writer.name}".* ${bytes} bytes.* ${limit} `))
  }
  t.is(slot.part(64, limit).length, limit)
  slot.release()
  t.is(native.stats().leases, 0)
})

leavesNothing(test)
