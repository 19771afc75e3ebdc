import test from 'ava'
import { concatMapBatch, fromArena, fromIterable, toArena } from 'qadataswap/rx'
import { lastValueFrom, takeWhile } from 'rxjs'

import { leavesNothing } from '../support/arenas.js'
import type { NumberColumns } from '../support/batches.js'
import { deliveryContract } from './delivery.js'

const MAX_IN_FLIGHT = 3

deliveryContract(test, {
  name: 'Observable',
  readAhead: MAX_IN_FLIGHT,
  scoped: true,
  takeAhead: MAX_IN_FLIGHT,

  async consume(name, options, each) {
    const handled = fromArena<NumberColumns>(name, { ...options, maxInFlight: MAX_IN_FLIGHT }).pipe(
      concatMapBatch(async (batch) => each(batch)),
      takeWhile((verdict) => verdict !== 'stop'),
    )
    await lastValueFrom(handled, { defaultValue: undefined })
  },

  async produce(name, { signal, ...options }, source) {
    const written = fromIterable(source, { signal, maxInFlight: MAX_IN_FLIGHT }).pipe(
      toArena<NumberColumns>(name, options),
    )
    await lastValueFrom(written, { defaultValue: null })
  },
})
leavesNothing(test)
