import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import test, { type ExecutionContext } from 'ava'
import { createReader, createWriter, inspectArena, unlinkArena } from 'qadataswap'

import { arenaExists, closing, leavesNothing, uniqueName, until } from '../support/arenas.js'
import { Child } from '../support/child_process.js'
import type { BlockingCall } from './blocked_thread.js'

const CALLS: BlockingCall[] = ['readSync', 'readSync of an arena to come', 'writeSync', 'loanSync']
const THREAD = new URL('./blocked_thread.js', import.meta.url)
const LIVES = new URL('./lives.js', import.meta.url).href

/** The other side of what a thread waits for. */
function other(t: ExecutionContext, call: BlockingCall, name: string): void {
  if (call === 'readSync') closing(t, createWriter(name, { sizeMb: 1 }))
}

/** Waits until the thread, in whichever process, blocks. */
async function untilBlocked(call: BlockingCall, name: string): Promise<void> {
  if (call === 'readSync of an arena to come') return
  await until(() => arenaExists(name))
  if (call === 'readSync') await until(() => inspectArena(name).readers.some(({ waiting }) => waiting))
  else await until(() => inspectArena(name).published === 2)
}

for (const call of CALLS) {
  test.serial(`a thread in ${call} can be terminated`, async (t) => {
    const name = uniqueName()
    other(t, call, name)
    const thread = new Worker(THREAD, { workerData: { name, call } })
    if (call === 'readSync of an arena to come') await once(thread, 'message')
    await untilBlocked(call, name)
    const reader = call.startsWith('readSync') ? undefined : closing(t, createReader(name))
    t.is(await thread.terminate(), 1)
    if (call === 'readSync') t.is(inspectArena(name).readers.length, 0)
    if (reader === undefined) return
    for (let id = 0; id < 2; id++) t.truthy(await reader.read())
    await t.throwsAsync(reader.read(), { code: 'ERR_QADS_WRITER_DIED' })
  })

  test.serial(`process.exit() ends a process with a thread in ${call}`, async (t) => {
    const name = uniqueName()
    other(t, call, name)
    const child = new Child(t, LIVES, 'exitWithBlockedThread', { name, call })
    await child.report()
    await untilBlocked(call, name)
    child.tell('exit')
    t.deepEqual(await child.exit, { code: 3, signal: null }, child.stderr)
    if (call === 'readSync') t.is(inspectArena(name).readers.length, 0)
    if (arenaExists(name) && call !== 'readSync') unlinkArena(name)
  })
}

leavesNothing(test)
