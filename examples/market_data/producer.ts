/** Writes the session's quotes and trades into two arenas, each as fast as its readers allow. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { createWritable } from 'qadataswap/streams'

import { inBatches, quotes, quoteSchema, trades, tradeSchema } from './ticks.js'

const [, , arena = 'market', quoteCount = '50000', tradeCount = '10000'] = process.argv

await Promise.all([
  pipeline(
    Readable.from(inBatches(quotes(Number(quoteCount)), quoteSchema)),
    createWritable(`${arena}-quotes`, { sizeMb: 1 }),
  ),
  pipeline(
    Readable.from(inBatches(trades(Number(tradeCount)), tradeSchema)),
    createWritable(`${arena}-trades`, { sizeMb: 1 }),
  ),
])
