/** Reads record batches from a Unix domain socket with apache-arrow's stream reader, as one would without shared memory. */
import { createServer } from 'node:net'

import { RecordBatchReader } from 'apache-arrow'

import { touch } from '../lib/batches.js'

const [, , path = ''] = process.argv
let wanted = Infinity
let seen = 0
function report(): void {
  if (seen < wanted) return
  seen -= wanted
  wanted = Infinity
  process.send?.('done')
}
process.on('message', (message: { count: number }) => {
  wanted = message.count
  report()
})

const server = createServer((socket) => {
  void (async () => {
    const reader = await RecordBatchReader.from(socket)
    for await (const batch of reader) {
      touch(batch)
      seen++
      report()
    }
  })()
})
server.listen(path, () => process.send?.('ready'))
