import type { Bench } from '../lib/bench.js'
import { codec } from './codec.js'
import { comingFrom } from './coming_from.js'
import { evacuation } from './evacuation.js'
import { firstValue } from './first_value.js'
import { hugePages } from './huge_pages.js'
import { idle } from './idle.js'
import { largeBatches } from './large_batches.js'
import { loans } from './loans.js'
import { memory } from './memory.js'
import { parts } from './parts.js'
import { allPeers } from './peers.js'
import { readers } from './readers.js'
import { roundTrip } from './round_trip.js'
import { smallBatches } from './small_batches.js'
import { surfaces } from './surfaces.js'
import { wake } from './wake.js'

export const cases: readonly Bench[] = [
  largeBatches,
  loans,
  smallBatches,
  codec,
  firstValue,
  parts,
  roundTrip,
  wake,
  idle,
  readers,
  memory,
  evacuation,
  hugePages,
  surfaces,
  allPeers,
  comingFrom,
]
