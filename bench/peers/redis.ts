import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { howToInstall, peerPackage, redisServer } from '../lib/cache.js'
import { PeerProcess } from '../lib/peer_process.js'
import type { Opened } from './opened.js'
import type { RedisModule } from './modules.js'
import { SendingChannel } from './sending_channel.js'

/** A server of its own on a Unix socket, without persistence: XADD here, XREAD BLOCK there. */
export async function openRedis(): Opened {
  const path = peerPackage('redis')
  const program = redisServer()
  if (program === undefined) return 'redis-server is not installed: apt-get install redis-server'
  if (path === undefined) return howToInstall('redis')
  const socket = join(tmpdir(), `qads-bench-${process.pid}.redis`)
  const arguments_ = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no']
  const server = spawn(program.path, arguments_, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...program.env },
  })
  server.stdout.resume()
  while (!existsSync(socket)) {
    if (server.exitCode !== null) return `redis-server ended with ${server.exitCode}`
    await Promise.race([once(server.stdout, 'data'), once(server, 'exit')])
  }
  const { createClient } = (await import(path)) as RedisModule
  const client = createClient({ socket: { path: socket } })
  await client.connect()
  const peer = new PeerProcess('ipc_bytes', ['redis', socket])
  await peer.said()
  const send = (bytes: Uint8Array, count: number) => {
    const arrow = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    // Redis drops what is older, read or not, and the consumer would wait for ever for what was dropped.
    const trim = { TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: count } }
    return client.xAdd('batches', '*', { arrow }, trim)
  }
  return new SendingChannel(peer, send, async () => {
    await peer.stop()
    client.destroy()
    server.kill()
    await once(server, 'exit')
  })
}
