import { statfsSync } from 'node:fs'

import test from 'ava'

import { leavesNothing, uniqueName } from '../support/arenas.js'
import { Child } from '../support/child_process.js'

const TASKS = new URL('./large_ring_tasks.js', import.meta.url).href
const SIZE_MB = 2560
const MEBI = 2 ** 20

const { bavail, bsize } = statfsSync('/dev/shm')
const free = Math.floor((bavail * bsize) / MEBI)
const title = 'a ring whose two mappings are longer than an ArrayBuffer of Node 20: batches go around it'

if (free > 1.5 * SIZE_MB) {
  test.serial(title, async (t) => {
    const child = new Child(t, TASKS, 'goAround', { name: uniqueName(), sizeMb: SIZE_MB })
    t.is(await child.report(), null)
    await child.finished(t)
  })
} else {
  test.serial(title, (t) => {
    t.log(`left out: /dev/shm has ${free} MiB free, and this needs ${1.5 * SIZE_MB}`)
    t.pass()
  })
}

leavesNothing(test)
