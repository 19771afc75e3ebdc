import type { TestFn } from 'ava'

import { consumerContract } from './consume.js'
import { lastWordsContract } from './last_words.js'
import { producerContract } from './produce.js'
import type { ConsumerSurface, ProducerSurface } from './surface.js'

/** What every surface promises, whichever way batches go in and come out. */
export function deliveryContract(test: TestFn, surface: Partial<ConsumerSurface & ProducerSurface>): void {
  if (surface.consume !== undefined) {
    consumerContract(test, surface as ConsumerSurface)
    lastWordsContract(test, surface as ConsumerSurface)
  }
  if (surface.produce !== undefined) producerContract(test, surface as ProducerSurface)
}
