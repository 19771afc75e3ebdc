/** Says back what it hears: by process.send, through a second arena, or by a FIFO. */
import { createReader, createWriter } from 'qadataswap'

import { FifoLine } from '../lib/fifo_line.js'

const [, , how = 'send', there = '', back = ''] = process.argv
if (how === 'send') {
  process.on('message', (message: object) => process.send?.(message))
  process.send?.('ready')
} else if (how === 'fifo') {
  const line: FifoLine = new FifoLine(there, back, () => line.ring())
  process.send?.('ready')
} else {
  const writer = createWriter(back, { sizeMb: 1 })
  const reader = createReader(there, { waitMs: 10_000 })
  await reader.ready()
  process.send?.('ready')
  for await (const batch of reader) await writer.write(batch)
}
