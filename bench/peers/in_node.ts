import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

import { PeerProcess } from '../lib/peer_process.js'
import type { Opened } from './opened.js'
import { SendingChannel } from './sending_channel.js'

export async function openProcessIpc(): Opened {
  const peer = new PeerProcess('ipc_bytes', ['message'])
  await peer.said()
  const send = (bytes: Uint8Array) => new Promise((resolve) => peer.process.send(bytes, resolve))
  return new SendingChannel(peer, send, () => undefined)
}

export async function openWorker(): Opened {
  const worker = new Worker(new URL('../consumers/ipc_bytes.js', import.meta.url), {
    workerData: ['message'],
  })
  await once(worker, 'message')
  const peer = {
    said: () => once(worker, 'message'),
    tell: (message: object) => worker.postMessage(message),
    stop: () => worker.terminate(),
  }
  const send = async (bytes: Uint8Array) => worker.postMessage(bytes, [bytes.buffer as ArrayBuffer])
  return new SendingChannel(peer, send, () => undefined)
}

/** Each batch is a file of its own, whose name is sent by process.send. */
export async function openFile(): Opened {
  const peer = new PeerProcess('ipc_bytes', ['file'])
  await peer.said()
  let files = 0
  const send = (bytes: Uint8Array) => {
    const path = `/dev/shm/qads-bench-${process.pid}-${files++}.arrow`
    writeFileSync(path, bytes)
    return new Promise((resolve) => peer.process.send({ path }, resolve))
  }
  return new SendingChannel(peer, send, () => undefined)
}
