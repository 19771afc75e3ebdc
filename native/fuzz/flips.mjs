// Reads with apache-arrow every slot that ipc_flips let through, as a file and as a stream.
//
//   node flips.mjs [--slow] FILE...        each FILE with its FILE.accepted
//
// Each file is read in a process of its own that is killed when one flip takes longer than LIMIT_MS. Exceptions are
// fine; hanging, crashing and allocating much more than the slot is long are findings, and make the exit code 1.
// With --slow, so is taking more than SLOW_MS of processor time.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'

const LIMIT_MS = 60_000
const SLOW_MS = 250
const ALLOWED_BYTES = 1 << 20
const ROWS_TOUCHED = 100

/** Replaces the constructor by one that remembers the largest allocation. */
function watchAllocations() {
  const peak = { bytes: 0 }
  for (const name of ['Uint8Array', 'Int32Array', 'BigInt64Array', 'ArrayBuffer', 'Array']) {
    const Original = globalThis[name]
    globalThis[name] = new Proxy(Original, {
      construct(target, args, newTarget) {
        if (args.length === 1 && typeof args[0] === 'number') peak.bytes = Math.max(peak.bytes, args[0])
        return Reflect.construct(target, args, newTarget === globalThis[name] ? target : newTarget)
      },
    })
  }
  return peak
}

function touch(batch) {
  for (let i = 0; i < Math.min(batch.numRows, ROWS_TOUCHED); i++) JSON.stringify(batch.get(i), bigIntsAsText)
  for (let c = 0; c < batch.numCols; c++) {
    const column = batch.getChildAt(c)
    void column?.nullCount
    if (column && batch.numRows <= ROWS_TOUCHED) column.toArray()
  }
}

const bigIntsAsText = (_, value) => (typeof value === 'bigint' ? `${value}` : value)

async function work(path, reportSlow) {
  const peak = watchAllocations()
  const { RecordBatchReader } = await import('apache-arrow')
  const original = readFileSync(path)
  const bits = new Uint32Array(Uint8Array.from(readFileSync(`${path}.accepted`)).buffer)
  const counts = { read: 0, thrown: 0 }
  for (const bit of bits) {
    process.send({ bit })
    const copy = new Uint8Array(original)
    copy[bit >> 3] ^= 1 << (bit & 7)
    peak.bytes = 0
    const start = process.cpuUsage()
    for (const bytes of [copy, copy.subarray(8)]) {
      try {
        for (const batch of RecordBatchReader.from(bytes)) touch(batch)
        counts.read++
      } catch {
        counts.thrown++
      }
    }
    const { user } = process.cpuUsage(start)
    if (reportSlow && user > SLOW_MS * 1000)
      process.send({ finding: `bit ${bit}: ${Math.round(user / 1000)} ms` })
    if (peak.bytes > copy.length + ALLOWED_BYTES)
      process.send({ finding: `bit ${bit}: allocates ${peak.bytes}` })
  }
  process.send({ done: counts }, () => process.disconnect())
}

function supervise(path, options) {
  return new Promise((resolve) => {
    const findings = []
    let last
    let counts
    const child = spawn(
      process.execPath,
      ['--max-old-space-size=512', fileURLToPath(import.meta.url), '--work', path, ...options],
      {
        stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
      },
    )
    let timer
    const watch = () => {
      clearTimeout(timer)
      timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
    }
    watch()
    child.on('message', (message) => {
      watch()
      if ('bit' in message) last = message.bit
      if (message.finding) findings.push(message.finding)
      if (message.done) counts = message.done
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (!counts) findings.push(`bit ${last}: the process ended with ${signal ?? code}`)
      resolve({ findings, counts })
    })
  })
}

if (process.argv[2] === '--work') {
  await work(process.argv[3], process.argv[4] === '--slow')
} else {
  const totals = { read: 0, thrown: 0, findings: 0 }
  const options = process.argv.slice(2).filter((word) => word === '--slow')
  for (const path of process.argv.slice(2 + options.length)) {
    const { findings, counts } = await supervise(path, options)
    for (const finding of findings) console.log(`${path}: ${finding}`)
    totals.read += counts?.read ?? 0
    totals.thrown += counts?.thrown ?? 0
    totals.findings += findings.length
  }
  console.log(`${totals.read} readings, ${totals.thrown} exceptions, ${totals.findings} findings`)
  process.exitCode = totals.findings === 0 ? 0 : 1
}
