/** Fills a ring that nobody reads, says so, and waits for space. */
import { createWriter } from 'qadataswap'

import { numbers } from '../lib/batches.js'

const [, , name = ''] = process.argv
const writer = createWriter(name, { sizeMb: 1 })
const batch = numbers(100)
while (writer.tryWrite(batch));
process.send?.('full')
await writer.write(batch)
