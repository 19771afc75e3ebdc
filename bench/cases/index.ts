import type { Bench } from '../lib/bench.js'
import { largeBatches } from './large_batches.js'
import { loans } from './loans.js'
import { smallBatches } from './small_batches.js'
import { surfaces } from './surfaces.js'
import { wake } from './wake.js'

export const cases: readonly Bench[] = [largeBatches, loans, smallBatches, surfaces, wake]
