import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { buildFolder } from './native_tests.mjs'

/** Numbers without names: no such users need be there. */
const users = [20001, 20002]
const group = 20100

// To become the other user, to end it and look at it, to mount, and to read what root has built. None of it opens
// what another user has not shared for writing, and whoever takes part in an arena writes.
const capabilities = ['setuid', 'setgid', 'kill', 'sys_ptrace', 'sys_admin', 'dac_read_search']
  .map((name) => `+${name}`)
  .join(',')

const ownSharedMemory = [
  ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c'],
  // Without the sticky bit: in these tests either user is the last to leave and removes the name.
  'mount -t tmpfs -o mode=0777 tmpfs /dev/shm && exec "$@"',
  'sh',
]

/** Why the tests cannot run as two users here; undefined if they can. */
export function whyNotTwoUsers() {
  if (process.getuid() !== 0) return 'only root can run the tests as two users'
  const [program, ...args] = asTwoUsers(['true'])
  if (spawnSync(program, args).status === 0) return undefined
  return 'this system does not let root become other users (setpriv) with a /dev/shm of their own (unshare --mount)'
}

/** The command line, with a /dev/shm of its own. */
export const inOwnSharedMemory = (command) => [...ownSharedMemory, ...command]

/** The command line, run by one of the users (0 or 1); every process that it starts is the other's. */
export function asUser(index, command) {
  return [
    ...['setpriv', '--reuid', String(users[index]), '--regid', String(group), '--clear-groups'],
    ...['--inh-caps', capabilities, '--ambient-caps', capabilities],
    ...['env', `QADS_TEST_USERS=${users.join(':')}`, 'PYTHONDONTWRITEBYTECODE=1', 'HOME=/tmp'],
    `LD_PRELOAD=${join(buildFolder('release'), 'native/test/libqads_two_users.so')}`,
    ...command,
  ]
}

export const asTwoUsers = (command) => inOwnSharedMemory(asUser(0, command))
