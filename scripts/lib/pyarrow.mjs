import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { cacheDir } from './project.mjs'

// The wheel has the headers and libraries of Arrow C++ inside.
const requirement = 'pyarrow>=21,<27'

const succeeds = (program, ...args) => spawnSync(program, args).status === 0

/**
 * A Python with pyarrow in a folder of its own, installed once: `{ python }`; or why this machine cannot have one,
 * `{ missing }`. Throws if the installation fails.
 *
 * @returns {{ python?: string, missing?: string }}
 */
export function pythonWithArrow() {
  const folder = join(cacheDir, 'pyarrow-cpp')
  const python = join(folder, 'bin/python')
  if (succeeds(python, '-c', 'import pyarrow')) return { python }
  if (!succeeds('python3', '-m', 'venv', '--clear', folder)) {
    return { missing: 'it needs python3 with venv and pip (apt-get install python3-venv)' }
  }
  const { status, stdout, stderr } = spawnSync(python, ['-m', 'pip', 'install', '--quiet', requirement], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`pip could not install ${requirement}:\n${stdout}${stderr}`)
  return { python }
}
