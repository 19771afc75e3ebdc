/** Sends each batch back through a second arena, and never sleeps. */
import { createReader, createWriter } from 'qadataswap'

import { touch } from '../lib/batches.js'

const SPIN_MICROS = 1_000_000

const [, , there = '', back = ''] = process.argv
const writer = createWriter(back, { sizeMb: 4 })
const reader = createReader(there, { spinMicros: SPIN_MICROS })
process.send?.('ready')
for (;;) {
  const batch = reader.readSync()
  if (batch === null) break
  touch(batch)
  writer.writeSync(batch)
}
writer.close()
process.exit()
