#!/usr/bin/env node
// Every language writes for every other: `npm run test:interop`. Files with a case each, made by pyarrow, are sent by a
// process of one language and received by a process of another, for all pairs; what was received is compared with what
// was sent. Then DataFrames through the pairs of languages that have Polars, and three languages at one arena.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { missingToolchain } from './check-toolchain.mjs'
import { cppSide, nodeSide, pythonSide, rustSide } from './lib/interop.mjs'
import { exitLeftOut, leaveOut } from './lib/project.mjs'
import { PythonMissing } from './lib/python.mjs'
import { expectedCode, missingRows, readRefusals } from './lib/refusals.mjs'
import { run } from './lib/run.mjs'
import { asUser } from './lib/two_users.mjs'

const refusals = readRefusals()
const work = mkdtempSync(join(tmpdir(), 'qads-interop-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
const golden = join(work, 'sent')
let passed = 0
let failed = 0
let arenas = 0

function fail(sentence) {
  failed++
  console.log(`FAILED: ${sentence}`)
}

// For `npm run test:users`: who sends and who receives are two users.
const twoUsers = process.env['QADS_TWO_USERS'] === '1'
const userOf = { send: 0, receive: 1 }

async function start(side, name, ...args) {
  const command = [...side.program(name), ...args]
  const [program, ...rest] = twoUsers && name in userOf ? asUser(userOf[name], command) : command
  return run(program, rest, { env: side.env, quiet: true })
}

/** What a side says of each case: a line of case, code and message, with tabs between. */
function outcomes({ code, output }) {
  const lines = output.split('\n').map((line) => line.split('\t'))
  const of = new Map(lines.filter((line) => line.length === 3).map(([name, ...said]) => [name, said]))
  return { of: (name) => of.get(name) ?? ['nothing', ''], ended: code === 0, output }
}

/** Sends all cases through one pair, and keeps what came. */
async function exchange(sides, writer, reader) {
  const target = join(work, `${writer}-${reader}`)
  mkdirSync(target)
  if (twoUsers) chmodSync(target, 0o777)
  const prefix = `interop.${process.pid}.${++arenas}`
  const [received, sent] = await Promise.all([
    start(sides[reader], 'receive', prefix, golden, target),
    start(sides[writer], 'send', golden, prefix),
  ])
  return { writer, reader, target, sent: outcomes(sent), received: outcomes(received) }
}

/** Compares what came with what was sent, and how each side ended with how it should. */
function judge({ writer, reader, sent, received }, differences, cases) {
  let carried = 0
  let refused = 0
  const pair = `${writer} to ${reader}`
  for (const [side, { ended, output }] of [
    ['send', sent],
    ['receive', received],
  ]) {
    if (!ended) fail(`${pair}: ${side} did not end well:\n${output}`)
  }
  for (const name of cases) {
    const writes = expectedCode(refusals, writer, 'writer', name)
    const reads = writes === 'ok' ? expectedCode(refusals, reader, 'reader', name) : 'ERR_QADS_WRITER_ABORTED'
    const [sentCode, sentWords] = sent.of(name)
    const [receivedCode, receivedWords] = received.of(name)
    if (sentCode !== writes) {
      fail(`${pair}, ${name}: the writer said ${sentCode}, not ${writes}: ${sentWords}`)
    } else if (receivedCode !== reads) {
      fail(`${pair}, ${name}: the reader said ${receivedCode}, not ${reads}: ${receivedWords}`)
    } else if (reads === 'ok' && name in differences) {
      fail(`${pair}, ${name}: ${differences[name]}`)
    } else {
      passed++
      if (reads === 'ok') carried++
      else refused++
    }
  }
  console.log(
    `${pair}: ${carried} of ${cases.length} cases carried, ${refused} refused as docs/reference/errors.md says`,
  )
}

async function matrix(sides) {
  const made = await start(sides.Python, 'cases', golden)
  if (made.code !== 0) throw new Error(`the files could not be made:\n${made.output}`)
  const cases = readFileSync(join(golden, 'cases.txt'), 'utf8').trim().split('\n')
  const exchanges = []
  for (const writer of Object.keys(sides)) {
    for (const reader of Object.keys(sides)) exchanges.push(await exchange(sides, writer, reader))
  }
  const compared = await start(sides.Python, 'compare', golden, ...exchanges.map(({ target }) => target))
  if (compared.code !== 0) throw new Error(`what came could not be compared:\n${compared.output}`)
  const differences = compared.output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  exchanges.forEach((pair, index) => judge(pair, differences[index], cases))
  const known = new Set(cases)
  for (const name of refusals.flatMap((refusal) => refusal.cases)) {
    if (!known.has(name)) fail(`test/interop/refusals.json: there is no case ${name}`)
  }
}

/** DataFrames go from Python through two relays, one reading what the other has written, and back to Python. */
async function frames(sides) {
  const polars = Object.keys(sides).filter((language) => language !== 'C++')
  for (const writer of polars) {
    for (const reader of polars) {
      const arena = `interop.${process.pid}.frames.${++arenas}`
      const [first, second, third] = ['a', 'b', 'c'].map((part) => `${arena}.${part}`)
      const parties = await Promise.all([
        start(sides.Python, 'frames', 'check', third),
        start(sides[reader], 'relay', second, third),
        start(sides[writer], 'relay', first, second),
        start(sides.Python, 'frames', 'send', first),
      ])
      const wrong = parties.find(({ code }) => code !== 0)
      if (wrong) fail(`DataFrames, ${writer} to ${reader}: ${parties.map(({ output }) => output).join('')}`)
      else passed++
    }
  }
  console.log(`DataFrames between ${polars.join(', ')}: ${polars.length ** 2} pairs tried`)
}

async function threeLanguages() {
  const { code, output } = await run(process.execPath, ['scripts/demo-languages.mjs'], { quiet: true })
  if (code === exitLeftOut) console.log(output.trim())
  else if (code !== 0) fail(`three languages at one arena: ${output}`)
  else passed++
}

const missing = missingToolchain()
if (missing) leaveOut(missing)
try {
  const sides = { 'Node.js': nodeSide(), Python: await pythonSide() }
  for (const [language, side] of [
    ['Rust', await rustSide()],
    ['C++', await cppSide()],
  ]) {
    if (typeof side === 'string') console.log(`left out: ${language}: ${side}`)
    else sides[language] = side
  }
  await matrix(sides)
  if (!twoUsers) {
    await frames(sides)
    await threeLanguages()
    missingRows(refusals).forEach(fail)
  }
} catch (error) {
  if (error instanceof PythonMissing) leaveOut(`the files are made and compared in Python: ${error.message}`)
  fail(error.message)
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
