import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from './project.mjs'

const textOf = (folder, ending) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((file) => file.endsWith(ending))
    .map((file) => readFileSync(join(root, folder, file), 'utf8'))
    .join('\n')

const namesIn = (text, pattern) => new Set(Array.from(text.matchAll(pattern), ([, name]) => name))

/**
 * The protocol's steps have one name each: in the list of sync points, at the instruction in the core, in the model,
 * and in the argument about memory order. One line for each place that lacks one.
 *
 * @returns {string[]}
 */
export function differencesOfStepNames() {
  const list = readFileSync(join(root, 'native/core/layout/sync_points.hpp'), 'utf8')
  const doc = join(root, 'docs/memory-order.md')
  const sides = [
    { side: 'native/core/layout/sync_points.hpp', names: namesIn(list, /^\s*X\((\w+)\)/gm) },
    {
      side: 'the code of native/core',
      names: namesIn(textOf('native/core', 'pp'), /\bsync_point\(SyncPoint::(\w+)\)/g),
    },
    { side: 'native/model', names: namesIn(textOf('native/model', '.pml'), /(?<!define )\bsp\((\w+)\)/g) },
    {
      side: 'docs/memory-order.md',
      names: namesIn(existsSync(doc) ? readFileSync(doc, 'utf8') : '', /^\| `(\w+)`/gm),
    },
  ]
  const all = new Set(sides.flatMap(({ names }) => [...names]))
  return [...all].sort().flatMap((name) => {
    const lacking = sides.filter(({ names }) => !names.has(name)).map(({ side }) => side)
    return lacking.map((side) => `${name} is not in ${side}`)
  })
}
