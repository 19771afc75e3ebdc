/** Takes Arrow IPC bytes by one of the ways that there are without an arena, and looks at the batch in them. */
import { readFileSync, unlinkSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

import { tableFromIPC } from 'apache-arrow'

import { touch } from '../lib/batches.js'
import { peerPackage } from '../lib/cache.js'
import { hear, say, Tally } from '../lib/tally.js'
import type { RedisModule, ZeroMqModule } from '../peers/modules.js'

const [way = '', address = ''] = parentPort ? (workerData as string[]) : process.argv.slice(2)
const tally = new Tally()

function use(bytes: Uint8Array): void {
  for (const batch of tableFromIPC(bytes).batches) touch(batch)
  tally.add()
}

switch (way) {
  case 'message':
    hear((message: unknown) => {
      if (message instanceof Uint8Array) use(message)
    })
    say('ready')
    break
  case 'file':
    hear(({ path }: { path?: string }) => {
      if (path === undefined) return
      use(readFileSync(path))
      unlinkSync(path)
    })
    say('ready')
    break
  case 'zeromq': {
    const { Pull } = (await import(peerPackage('zeromq')!)) as ZeroMqModule
    const socket = new Pull()
    await socket.bind(address)
    say('ready')
    for await (const [bytes] of socket) use(bytes!)
    break
  }
  case 'redis': {
    const { createClient, RESP_TYPES } = (await import(peerPackage('redis')!)) as RedisModule
    const client = createClient({ socket: { path: address } })
    await client.connect()
    const buffers = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    say('ready')
    for (let id = '0'; ;) {
      const streams = await buffers.xRead([{ key: 'batches', id }], { BLOCK: 0, COUNT: 64 })
      for (const { messages } of streams ?? []) {
        for (const entry of messages) {
          use(entry.message['arrow']!)
          id = String(entry.id)
        }
      }
    }
  }
  default:
    throw new Error(`no way "${way}"`)
}
