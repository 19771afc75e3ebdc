import test from 'ava'

import { leavesNothing, uniqueName } from '../support/arenas.js'
import { Child } from '../support/child_process.js'
import type { LoopReport } from './no_turn_tasks.js'

const TASKS = new URL('./no_turn_tasks.js', import.meta.url).href
const quick = process.env['QADS_QUICK'] === '1'
const MEBI = 2 ** 20
const SIZE_MB = 64

const KINDS = [
  { title: 'large batches that are dropped', rows: 87_381, count: quick ? 1000 : 5000, gives: 'nothing' },
  {
    title: 'large batches, some of which are kept',
    rows: 87_381,
    count: quick ? 500 : 2000,
    gives: 'nothing',
    keep: 100,
  },
  { title: 'batches larger than a window', rows: 3_000_000, count: quick ? 20 : 60, gives: 'nothing' },
  {
    title: 'more small leases than Node frees without a turn',
    rows: 4000,
    count: 80_000,
    gives: 'nothing',
    copied: true,
  },
  { title: 'more leases that are given back by hand', rows: 4000, count: 80_000, gives: 'all', copied: true },
] as const

for (const { title, copied = false, ...kind } of KINDS.map((kind) => ({ keep: 0, copied: false, ...kind }))) {
  for (const call of ['tryRead', 'readSync'] as const) {
    if (quick && copied && call === 'tryRead') continue
    test.serial(`${call} in a loop that never lets the event loop turn: ${title}`, async (t) => {
      const child = new Child(t, TASKS, 'readInALoop', { name: uniqueName(), sizeMb: SIZE_MB, call, ...kind })
      const report = (await child.report()) as LoopReport
      await child.finished(t)
      t.is(report.wrong, null)
      t.is(report.bytesCopied > 0, copied)
      const kept = kind.keep === 0 ? 0 : (kind.count / kind.keep) * kind.rows * 12
      const grown = report.most - report.before - kept
      t.true(grown < 2 * SIZE_MB * MEBI, `private memory grew by ${Math.round(grown / MEBI)} MiB`)
    })
  }
}

leavesNothing(test)
