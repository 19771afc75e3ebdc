// What has to work in every runtime that loads the addon, without a test framework: each check prints a line, the last line
// counts them. Run by scripts/test-runtimes.mjs.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { createReader, createWriter, type LeasePolicy, release } from 'qadataswap'

import { numberBatch, numberBatchId, type NumberColumns, numberSchema } from '../support/batches.js'

const SMALL = 10
const LARGE = 5000
const name = `test.${process.pid}.runtime`
const inDeno = 'deno' in process.versions

const warnings: string[] = []
process.on('warning', (warning: Error & { code?: string }) => void warnings.push(String(warning.code)))

/** Makes the collector work. */
function makeGarbage(): number {
  let length = 0
  for (let i = 0; i < 100; i++) length += new Float64Array(20_000).length
  return length
}

async function passMany(lease: LeasePolicy): Promise<void> {
  using writer = createWriter<NumberColumns>(name, { sizeMb: 4 })
  using reader = createReader<NumberColumns>(name, { lease })
  for (let id = 0; id < 3000; id++) {
    const reading = reader.read()
    await writer.write(numberBatch(id, id % 2 === 0 ? SMALL : LARGE))
    const batch = (await reading)!
    if (numberBatchId(batch) !== id) throw new Error(`batch ${id} is ${numberBatchId(batch)}`)
    if (id % 3 === 0) release(batch)
    if (id % 100 === 0 && makeGarbage() > 0) await sleep(1)
  }
  const { bytes, bytesCopied } = reader.stats()
  if (inDeno && bytesCopied !== bytes) throw new Error(`${bytesCopied} of ${bytes} bytes were copied`)
}

const CHECKS: Record<string, () => Promise<void>> = {
  "batches that the collector is to give back, lease 'gc'": () => passMany('gc'),
  "batches of lease 'scoped'": () => passMany('scoped'),
  "batches of lease 'copy'": () => passMany('copy'),
  'a loan': async () => {
    using writer = createWriter<NumberColumns>(name, { sizeMb: 1 })
    using reader = createReader<NumberColumns>(name)
    const loan = await writer.loan(numberSchema, SMALL)
    loan.columns.id.forEach((_, i) => (loan.columns.id[i] = 4000 + i))
    loan.columns.value.forEach((_, i) => (loan.columns.value[i] = (4000 + i) / 2))
    loan.commit()
    if (numberBatchId((await reader.read())!) !== 4) throw new Error('the loan has other values')
  },
  'arenas that come and go leave no name and no mapping': async () => {
    for (let i = 0; i < 200; i++) {
      using writer = createWriter<NumberColumns>(name, { sizeMb: 1 })
      using reader = createReader<NumberColumns>(name)
      writer.writeSync(numberBatch(i, LARGE))
      if (numberBatchId(reader.readSync()!) !== i) throw new Error(`arena ${i}`)
    }
    for (let i = 0; i < 100 && mappings() > 0; i++) {
      makeGarbage()
      await sleep(10)
    }
    if (mappings() > 0) throw new Error(`${mappings()} mappings are left`)
    const names = readdirSync('/dev/shm').filter((file) => file === `qads-arena.${name}`)
    if (names.length > 0) throw new Error('the name is left')
  },
  'one warning says that batches are copied, where they are': async () => {
    await sleep(1)
    const expected = inDeno ? ['QADS_COPIED_IN_DENO'] : []
    const ours = warnings.filter((code) => code.startsWith('QADS'))
    if (ours.join() !== expected.join()) throw new Error(`the warnings are ${ours.join()}`)
  },
}

function mappings(): number {
  return readFileSync('/proc/self/maps', 'utf8').split('/dev/shm/qads-arena.').length - 1
}

let failed = 0
for (const [title, check] of Object.entries(CHECKS)) {
  try {
    await check()
    console.log(`ok: ${title}`)
  } catch (error) {
    failed++
    console.log(`not ok: ${title}: ${error instanceof Error ? error.stack : String(error)}`)
  }
}
console.log(`${Object.keys(CHECKS).length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
