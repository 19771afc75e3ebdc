import test from 'ava'
import { createReader, createWriter } from 'qadataswap'

import { leavesNothing } from '../support/arenas.js'
import type { NumberColumns } from '../support/batches.js'
import { deliveryContract } from './delivery.js'

deliveryContract(test, {
  name: 'core',
  readAhead: 0,
  scoped: true,
  takeAhead: 0,

  async consume(name, { signal, ...options }, each) {
    using reader = createReader<NumberColumns>(name, options)
    for (;;) {
      const batch = await reader.read({ signal })
      if (batch === null || (await each(batch)) === 'stop') return
    }
  },

  async produce(name, { signal, ...options }, source) {
    const writer = createWriter<NumberColumns>(name, options)
    try {
      for await (const batch of source) await writer.write(batch, { signal })
      await writer.finish({ signal })
    } catch (error) {
      writer.abort(error)
      throw error
    }
  },
})
leavesNothing(test)
