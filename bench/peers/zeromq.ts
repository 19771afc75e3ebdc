import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { howToInstall, peerPackage } from '../lib/cache.js'
import { PeerProcess } from '../lib/peer_process.js'
import type { Opened } from './opened.js'
import type { ZeroMqModule } from './modules.js'
import { SendingChannel } from './sending_channel.js'

export async function openZeroMq(): Opened {
  const path = peerPackage('zeromq')
  if (path === undefined) return howToInstall('zeromq')
  const { Push } = (await import(path)) as ZeroMqModule
  const address = `ipc://${join(tmpdir(), `qads-bench-${process.pid}.zmq`)}`
  const peer = new PeerProcess('ipc_bytes', ['zeromq', address])
  await peer.said()
  const socket = new Push()
  socket.connect(address)
  // A socket takes one send at a time, until its queue has room.
  let last: Promise<void> = Promise.resolve()
  const send = (bytes: Uint8Array) => (last = last.then(() => socket.send(bytes)))
  return new SendingChannel(peer, send, () => socket.close())
}
