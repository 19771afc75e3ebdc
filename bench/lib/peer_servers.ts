import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { howToInstallPeers, redisServer } from './cache.js'

/** A server that a peer needs, on a Unix socket of its own. */
export interface Server {
  /** Tells the peer's program where the server is. */
  readonly env: Record<string, string>
  stop(): Promise<void>
}

const POLL_MS = 5

async function start(
  program: string,
  args: readonly string[],
  socket: string,
  env: Record<string, string>,
  own: Record<string, string> = {},
): Promise<Server | string> {
  const server = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...own } })
  const ended = once(server, 'exit')
  while (!existsSync(socket)) {
    if (server.exitCode !== null) return `${program} ended with ${server.exitCode}`
    await Promise.race([delay(POLL_MS), ended])
  }
  return {
    env,
    stop: async () => {
      server.kill()
      await ended
    },
  }
}

/** Redis without persistence. */
export async function startRedis(): Promise<Server | string> {
  const program = redisServer()
  if (program === undefined) return 'redis-server is not installed: apt-get install redis-server'
  const socket = join(tmpdir(), `qads-coming-from-${process.pid}.redis`)
  const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no']
  return start(program.path, args, socket, { REDIS_URL: `unix://${socket}` }, program.env)
}

/** vineyardd as the wheel brings it, with its metadata in memory. */
export async function startVineyard(python: string): Promise<Server | string> {
  const where =
    'import os, vineyard.bdist as b; print(os.path.join(os.path.dirname(b.__file__), "vineyardd"))'
  let program: string
  try {
    program = execFileSync(python, ['-c', where], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return howToInstallPeers()
  }
  const socket = join(tmpdir(), `qads-coming-from-${process.pid}.vineyard`)
  const args = ['--meta', 'local', '--rpc=false', '--size', '256M', '--socket', socket]
  return start(program, args, socket, { VINEYARD_SOCKET: socket })
}
