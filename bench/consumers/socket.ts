/** Reads record batches from a Unix domain socket with apache-arrow's stream reader, as one would without shared memory. */
import { createServer } from 'node:net'

import { RecordBatchReader } from 'apache-arrow'

import { touch } from '../lib/batches.js'
import { Tally } from '../lib/tally.js'

const [, , path = ''] = process.argv
const tally = new Tally()

const server = createServer((socket) => {
  void (async () => {
    for await (const batch of await RecordBatchReader.from(socket)) {
      touch(batch)
      tally.add()
    }
  })()
})
server.listen(path, () => process.send?.('ready'))
