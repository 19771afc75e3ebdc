import { existsSync, readdirSync } from 'node:fs'

import type { ExecutionContext, TestFn } from 'ava'

import { sharedFilesOf } from './child_process.js'
import { collectGarbage } from './gc.js'

let count = 0

/** An arena name that no other test has. */
export function uniqueName(): string {
  return `test.${process.pid}.${count++}`
}

/** After the tests of a file: nothing of theirs is left in shared memory. */
export function leavesNothing(test: TestFn): void {
  test.after.always('nothing is left in shared memory', async (t) => {
    // Batches that tests kept hold their part of a ring until they are collected.
    await until(async () => {
      await collectGarbage()
      return sharedFilesOf('self').length === 0
    })
    const arenas = readdirSync('/dev/shm').filter((file) =>
      file.startsWith(`qads-arena.test.${process.pid}.`),
    )
    t.deepEqual(arenas, [])
  })
}

/** Waits for a condition; only the test's own time-out ends a wait for one that never comes. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** True while the arena has its name. */
export function arenaExists(name: string): boolean {
  return existsSync(`/dev/shm/qads-arena.${name}`)
}

/** Closes what a test made, also when it fails. */
export function closing<P extends { close(): void }>(t: ExecutionContext, party: P): P {
  t.teardown(() => party.close())
  return party
}
