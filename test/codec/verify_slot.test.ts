import test from 'ava'
import fc from 'fast-check'
import { DecodeCache, decodeSlot } from '#src/codec/decode.js'
import { planEncode, planSlices } from '#src/codec/encode.js'
import { planByArrow } from '#src/codec/encode_fallback.js'
import { planLoan } from '#src/codec/loan.js'
import { addon } from '#src/native/load_addon.js'
import { Float64, Schema, Field, Bool } from 'apache-arrow'
import { batchSpec, buildBatch, isWritableBatch } from '../support/arbitraries.js'

import { Random } from '../support/random.js'
import { layoutOf } from './layout_oracle.js'
import { slotOf } from './slots.js'

const RUNS = { numRuns: 400 }

test('the native verifier finds in every slot what apache-arrow finds', (t) => {
  fc.assert(
    fc.property(batchSpec(), (spec) => {
      const slot = slotOf(planEncode(buildBatch(spec)))
      t.deepEqual(addon().verifySlot(slot), layoutOf(slot))
    }),
    RUNS,
  )
})

test('the native verifier takes what apache-arrow writes', (t) => {
  fc.assert(
    fc.property(batchSpec().filter(isWritableBatch), (spec) => {
      const slot = slotOf(planByArrow(buildBatch(spec)))
      t.deepEqual(addon().verifySlot(slot), layoutOf(slot))
    }),
    RUNS,
  )
})

test('the native verifier takes the parts of a batch, and loans of fewer rows than were reserved', (t) => {
  fc.assert(
    fc.property(batchSpec({ maxRows: 300 }), (spec) => {
      const batch = buildBatch(spec)
      for (const part of planSlices(batch, planEncode(batch).byteLength)) {
        const slot = slotOf(part)
        t.deepEqual(addon().verifySlot(slot), layoutOf(slot))
      }
    }),
    { numRuns: 100 },
  )
  const schema = new Schema([new Field('a', new Float64(), true), new Field('b', new Bool())])
  for (const rows of [0, 1, 99, 100]) {
    const plan = planLoan(schema, 100)
    const slot = new Uint8Array(plan.byteLength)
    plan.open(slot)
    const committed = slot.subarray(0, plan.finish(rows))
    t.deepEqual(addon().verifySlot(committed), layoutOf(committed))
  }
})

test('a slot with a damaged byte is refused, or decodes to a batch whose columns can be made or say what is wrong', (t) => {
  const cache = new DecodeCache()
  let refused = 0
  fc.assert(
    fc.property(batchSpec({ maxFields: 3, maxRows: 10 }), fc.integer(), (spec, seed) => {
      const slot = slotOf(planEncode(buildBatch(spec)))
      const random = new Random(seed)
      for (let i = 0; i < 20; i++) {
        const damaged = slot.slice()
        damaged[random.below(slot.length)]! ^= 1 << random.below(8)
        try {
          const batch = decodeSlot(damaged, addon().verifySlot(damaged), cache)
          for (let column = 0; column < batch.numCols; column++) batch.getChildAt(column)
        } catch (error) {
          t.is((error as { code?: string }).code?.startsWith('ERR_QADS_'), true, String(error))
          refused++
        }
      }
    }),
    { numRuns: 300 },
  )
  t.true(refused > 0)
})
