#!/usr/bin/env node
// Compiles and runs every code sample of README and docs as it is printed: `npm run test:docs [-- PAGE...]`. The programs of
// a group run at the same time, each in its turn as the first to start.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { root } from './lib/project.mjs'
import { LanguageMissing, preparers, writeFiles } from './lib/samples/languages.mjs'
import { samplesOf } from './lib/samples/markdown.mjs'

const POLL_MS = 5
const LIMIT_MS = 60_000

const pages = [
  'README.md',
  ...['bindings/python/README.md', 'bindings/rust/README.md', 'native/arrow/README.md'],
  ...readdirSync(join(root, 'docs'), { recursive: true })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]
const wanted = process.argv.slice(2)
const chosen = pages.filter((page) => wanted.length === 0 || wanted.some((word) => page.includes(word)))

let passed = 0
let failed = 0
const pass = (name) => {
  passed++
  console.log(`pass  ${name}`)
}
const fail = (name, why) => {
  failed++
  console.log(`FAIL  ${name}\n${String(why).trimEnd().replace(/^/gm, '      ')}`)
}

const groups = []
for (const page of chosen) {
  const found = samplesOf(page)
  groups.push(...found.groups.values())
  for (const fault of found.faults) fail(page, fault)
  for (const line of found.notRun) console.log(`shown only  ${line}`)
}

const folder = join(root, 'build/samples')
const files = writeFiles(folder, groups)
const ways = {}
for (const ending of new Set(files.map((file) => file.ending))) {
  const its = files.filter((file) => file.ending === ending)
  try {
    ways[ending] = await preparers[ending](folder, its)
  } catch (error) {
    if (error instanceof LanguageMissing) console.log(`left out  samples in ${ending}: ${error.message}`)
    else fail(`${its.length} samples in ${ending} compile`, error.message)
  }
}

/** Starts a program; what it prints is kept. */
function start({ command, env = {} }) {
  const [program, ...args] = command
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    cwd: root,
  })
  const it = { child, output: '', errors: '', code: undefined }
  child.stdout.setEncoding('utf8').on('data', (text) => (it.output += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (it.errors += text))
  it.ended = new Promise((resolve) => {
    child.on('error', (error) => resolve((it.errors += error.message)))
    child.on('close', (code, signal) => resolve((it.code = code ?? signal)))
  })
  return it
}

/** Until the process has loaded the library and has nothing to do, or has ended. */
async function isUnderWay(it, loads, deadline) {
  for (;;) {
    if (it.code !== undefined || performance.now() > deadline) return
    try {
      const asleep = readFileSync(`/proc/${it.child.pid}/stat`, 'utf8').split(') ')[1].startsWith('S')
      if (asleep && readFileSync(`/proc/${it.child.pid}/maps`, 'utf8').includes(loads)) return
    } catch {
      return
    }
    await delay(POLL_MS)
  }
}

/** Every rotation: each program is the first to start once. */
const rotations = (list) => list.map((_, i) => [...list.slice(i), ...list.slice(0, i)])

for (const group of groups) {
  const runnable = group.programs.filter(({ file }) => ways[/\.\w+$/.exec(file)[0]])
  if (runnable.length < group.programs.length) continue
  for (const order of rotations(group.programs)) {
    const name = `${group.page}, ${group.name}: ${order.map(({ file }) => file).join(', then ')}`
    const deadline = performance.now() + LIMIT_MS
    const started = []
    for (const { file } of order) {
      const way = ways[/\.\w+$/.exec(file)[0]](group.pathOf(file))
      const it = start(way)
      started.push({ file, it })
      await isUnderWay(it, way.loads, deadline)
    }
    const limit = new AbortController()
    const late = delay(Math.max(0, deadline - performance.now()), 'late', { signal: limit.signal }).catch(
      () => undefined,
    )
    const ended = await Promise.race([Promise.all(started.map(({ it }) => it.ended)), late])
    limit.abort()
    for (const { it } of started) it.child.kill('SIGKILL')
    await Promise.all(started.map(({ it }) => it.ended))
    const faults = started.flatMap(({ file, it }) => {
      const expected = group.outputs.get(file)
      if (ended === 'late') return [`${file} had not ended after ${LIMIT_MS} ms: ${it.output}${it.errors}`]
      if (it.code !== 0) return [`${file} ended with ${it.code}: ${it.output}${it.errors}`]
      if (it.errors !== '') return [`${file} complained: ${it.errors}`]
      if (expected !== undefined && it.output.trimEnd() !== expected.trimEnd())
        return [`${file} printed: ${it.output}`]
      return []
    })
    if (faults.length === 0) pass(name)
    else fail(name, faults.join('\n'))
  }
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
