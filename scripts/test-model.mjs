#!/usr/bin/env node
// Checks the protocol's model (native/model) with spin: `npm run test:model [-- --full] [-- NAME...]`.
// Every check explores all states of one configuration; every mutant takes one ordering, flag, re-check or lock out
// of the model, and must be found out. --full also runs the large configurations. NAME selects checks and mutants
// whose name starts so.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { leaveOut, root } from './lib/project.mjs'
import { exploreOrders } from './lib/relacy.mjs'
import { explore, findSpin, programInPath, stepsOfTrail } from './lib/spin.mjs'
import { differencesOfStepNames } from './lib/step_names.mjs'

const model = join(root, 'native/model')
const full = process.argv.includes('--full')
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const isWanted = ({ name }) => wanted.length === 0 || wanted.some((start) => name.startsWith(start))

const results = { passed: 0, failed: 0 }
function report(passed, line) {
  results[passed ? 'passed' : 'failed']++
  console.log(`${passed ? 'pass' : 'FAIL'}  ${line}`)
}

const differences = differencesOfStepNames()
report(
  differences.length === 0,
  'the steps of the model, the core and docs/memory-order.md have the same names',
)
for (const line of differences) console.log(`      ${line}`)

const compiler = process.env['CC'] || programInPath('cc')
const spin = compiler && (await findSpin())
if (!spin) {
  if (results.failed === 0) {
    leaveOut(compiler ? 'spin is not installed (apt-get install spin)' : 'there is no C compiler')
  }
  console.log(`${results.passed} passed, ${results.failed} failed`)
  process.exit(1)
}

// The files that put parts together are the checks; the parts define processes and words.
const parts = ['arena', 'leases', 'reclaimer', 'writer', 'membership', 'reader', 'model']
const checksIn = (folder, hashBits) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.pml') && !parts.includes(basename(file, '.pml')))
    .map((file) => ({ name: basename(file, '.pml'), source: join(folder, file), hashBits }))
const checks = checksIn(model, 22)
const large = full ? checksIn(join(model, 'full'), 26) : []
const mutants = JSON.parse(readFileSync(join(model, 'mutants.json'), 'utf8')).map((mutant) => {
  const check = checks.find(({ name }) => name === mutant.check)
  if (check === undefined)
    throw new Error(`mutants.json: ${mutant.name}: there is no check "${mutant.check}"`)
  return { ...mutant, source: check.source, hashBits: 20, defines: [mutant.name, mutant.with ?? []].flat() }
})
// Where two things hide each other, a mutant takes out both, and either alone must be enough.
const halves = mutants
  .filter((mutant) => mutant.with !== undefined)
  .map((mutant) => ({
    ...mutant,
    name: `${mutant.check} ${mutant.with}`,
    hashBits: 22,
    defines: [mutant.with],
  }))

// Runs that go on for ever and get nowhere. Where parties die there are some: a writer looks for the dead again and
// again while one that holds a lock is not scheduled.
const everywhere = checks.filter(({ name }) => full && !/death|takeover/.test(name))
const endless = (
  full ? everywhere : checks.filter(({ name }) => ['end', 'join_leave', 'evacuation_leave'].includes(name))
).map((check) => ({ ...check, name: `${check.name} (cycles)`, cycles: true }))

const work = mkdtempSync(join(tmpdir(), 'qads-model-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

async function runCheck(check) {
  const job = { spin, compiler, folder: join(work, check.name), ...check }
  const found = await explore(job)
  const size = `${found.states.toLocaleString('en')} states, ${found.megabytes} MB, ${found.seconds.toFixed(1)} s`
  report(found.verdict === 'holds', `${check.name} ${found.verdict}: ${size}`)
  if (found.verdict !== 'holds') console.log(found.reason)
  if (found.verdict === 'violated') console.log(await stepsOfTrail(job))
  rmSync(job.folder, { recursive: true, force: true })
}

async function runMutant(mutant) {
  const job = { spin, compiler, folder: join(work, mutant.name), ...mutant }
  const { verdict, reason } = await explore(job)
  const fate = verdict === 'violated' ? 'is found out' : verdict === 'holds' ? 'SURVIVES' : 'was not explored'
  report(verdict === 'violated', `${mutant.name} (without ${mutant.removes}) ${fate} by ${mutant.check}`)
  if (verdict === 'incomplete') console.log(reason)
  rmSync(job.folder, { recursive: true, force: true })
}

/** Runs the jobs, so many at a time. */
async function runAll(jobs, width) {
  const queue = jobs[Symbol.iterator]()
  const worker = async () => {
    for (const job of queue) await job()
  }
  await Promise.all(Array.from({ length: width }, worker))
}

const width = Number(process.env['CMAKE_BUILD_PARALLEL_LEVEL']) || Math.min(4, availableParallelism())
const start = performance.now()
await runAll(
  [
    ...[...checks, ...halves, ...endless].filter(isWanted).map((check) => () => runCheck(check)),
    ...mutants.filter(isWanted).map((mutant) => () => runMutant(mutant)),
  ],
  width,
)
// One at a time: each may need gigabytes.
await runAll(
  large.filter(isWanted).map((check) => () => runCheck(check)),
  1,
)
if (wanted.length === 0 || isWanted({ name: 'orders' })) {
  const orders = await exploreOrders(join(model, 'orders.cpp'), work)
  if (orders === undefined)
    console.log('left out: orders, because there is no Relacy (apt-get install relacy-dev)')
  else for (const { passed, line } of orders) report(passed, line)
}
console.log(`${((performance.now() - start) / 1000).toFixed(0)} s`)
console.log(`${results.passed} passed, ${results.failed} failed`)
process.exitCode = results.failed === 0 ? 0 : 1
