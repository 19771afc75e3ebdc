import test from 'ava'
import { createReader } from 'qadataswap'

import { leavesNothing } from '../support/arenas.js'
import type { NumberColumns } from '../support/batches.js'
import { deliveryContract } from './delivery.js'

deliveryContract(test, {
  name: 'for await',
  readAhead: 0,
  scoped: true,

  async consume(name, { signal, ...options }, each) {
    const reader = createReader<NumberColumns>(name, options)
    for await (const batch of reader.batches({ signal })) if ((await each(batch)) === 'stop') break
  },
})
leavesNothing(test)
