#!/usr/bin/env node
// The floors of the C++ rooms: a room includes only what lies below it, and headers do not include each other in a
// circle. eslint.config.js has the floors of TypeScript.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'

import { root } from './lib/project.mjs'

/** From the ground up, below native. What a room is not named here is not looked at. */
const floors = [
  'core/base',
  'ipc',
  'core/layout',
  'core/life',
  'core/os',
  'core/wake',
  'core/segment',
  'core/lease',
  'core/ring',
  'capi',
  'arrow/slot',
  'arrow/include',
  'arrow/src',
  'addon',
]

const native = join(root, 'native')

const files = floors
  .filter((room) => existsSync(join(native, room)))
  .flatMap((room) =>
    readdirSync(join(native, room), { recursive: true })
      .filter((name) => /\.(cpp|hpp|h)$/.test(name))
      .map((name) => posix.join(room, name)),
  )
const known = new Set(files)

/** The files of these rooms that a file includes, as paths below native. */
function includesOf(file) {
  const text = readFileSync(join(native, file), 'utf8')
  return Array.from(text.matchAll(/^\s*#\s*include\s+["<]([^">]+)[">]/gm), ([, spec]) => {
    const candidates = [
      posix.join(dirname(file), spec),
      spec,
      ...['capi', 'arrow/slot', 'arrow/include', 'arrow/src'].map((folder) => posix.join(folder, spec)),
    ]
    return candidates.find((candidate) => known.has(candidate))
  }).filter((path) => path !== undefined)
}

const floorOf = (file) => floors.findIndex((room) => file.startsWith(`${room}/`))
const includes = new Map(files.map((file) => [file, includesOf(file)]))

const faults = []
for (const [file, others] of includes) {
  for (const other of others) {
    if (floorOf(other) > floorOf(file)) {
      faults.push(`native/${file} includes ${other}, which lies above it`)
    }
  }
}

/** The first circle that a walk from `file` comes to, as the files on it. */
function circleFrom(file, path, done) {
  const at = path.indexOf(file)
  if (at >= 0) return path.slice(at)
  if (done.has(file)) return undefined
  for (const other of includes.get(file)) {
    const circle = circleFrom(other, [...path, file], done)
    if (circle) return circle
  }
  done.add(file)
  return undefined
}

const done = new Set()
for (const file of files) {
  const circle = circleFrom(file, [], done)
  if (circle) {
    faults.push(`a circle of includes: ${[...circle, circle[0]].join(' -> ')}`)
    break
  }
}

for (const fault of faults) console.error(fault)
if (faults.length > 0) {
  console.error(`the floors, from the ground up, are in ${relative(root, import.meta.filename)}`)
  process.exit(1)
}
