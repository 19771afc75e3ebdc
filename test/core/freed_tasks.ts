import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

import { listArenas } from 'qadataswap'

import { collectGarbage } from '../support/gc.js'
import { until } from '../support/arenas.js'
import type { Parent } from '../support/child_process.js'

function holdings() {
  const names = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return {
    descriptors: names.filter((name) => name.includes('/dev/shm/qads-')).length,
    mappings: readFileSync('/proc/self/maps', 'utf8').split('/dev/shm/qads-').length,
    threads: readdirSync('/proc/self/task').length,
  }
}

/** Each has a writer and a reader; some close them, some are terminated. */
export async function threadsThatGo(
  { name, rounds }: { name: string; rounds: number },
  parent: Parent,
): Promise<void> {
  const run = async (closes: boolean) => {
    const worker = new Worker(new URL('./going_thread.js', import.meta.url), { workerData: { name, closes } })
    const exit = once(worker, 'exit')
    await Promise.race([once(worker, 'message'), exit])
    if (!closes) await worker.terminate()
    await exit
  }
  listArenas()
  // The first makes the evacuator's thread, which stays.
  await run(true)
  const before = holdings()
  for (let i = 0; i < rounds; i++) await run(i % 2 === 0)
  await until(async () => {
    await collectGarbage()
    return holdings().threads <= before.threads
  })
  parent.report([before, holdings()])
}
