import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { buildFolder, jobs } from './native_tests.mjs'
import { root } from './project.mjs'
import { run } from './run.mjs'

const producer = join(root, 'build/ts/examples/flights/producer.js')

async function succeed(program, ...args) {
  const { code, output } = await run(program, args, { quiet: true })
  assert.equal(code, 0, `${program} ${args.join(' ')}\n${output}`)
  return output
}

/** The examples built against a package that is installed in `folder`, as another project builds with it. */
async function buildExamples(folder, python) {
  const build = join(folder, 'build')
  await succeed('cmake', '--install', buildFolder('release'), '--prefix', join(folder, 'installed'))
  await succeed(
    ...['cmake', '-S', join(root, 'examples/cpp'), '-B', build, '-DCMAKE_BUILD_TYPE=Release'],
    ...[`-DCMAKE_PREFIX_PATH=${join(folder, 'installed')}`, `-DQADS_PYTHON=${python}`],
    '-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror',
  )
  await succeed('cmake', '--build', build, '--parallel', jobs)
  return (name) => join(build, name)
}

async function ticksArrive(program) {
  const arena = `ticks-${process.pid}`
  const [read, written] = await Promise.all([
    succeed(program('tick_reader'), arena),
    succeed(program('tick_writer'), arena, '50'),
  ])
  const [, bytes] = /^50 batches of 10000 ticks written, (\d+) bytes$/m.exec(written) ?? []
  assert.ok(read.includes(`50 batches, ${bytes} bytes, 0 copied`), written + read)
  // Of 500,000 ticks every third is of MSFT.
  assert.match(read, /^MSFT: 166667 ticks, mean price 107\.\d+$/m)
  assert.match(read, /^AAPL: 333333 ticks, mean price 107\.\d+$/m)
}

/** The producer of the Node.js demo, ended when the test ends. */
async function flightsArrive(program) {
  assert.ok(existsSync(producer), `${producer} is missing: npm run build`)
  const arena = `flights-${process.pid}`
  const child = fork(producer, [arena])
  try {
    const ended = once(child, 'exit')
    const [[truth], read] = await Promise.all([
      Promise.race([once(child, 'message'), ended.then(() => assert.fail('the producer ended early'))]),
      succeed(program('flights_reader'), arena),
    ])
    assert.match(read, / 0 copied$/m)
    const found = new Map(
      [...read.matchAll(/^(\S+)\t(\d+)\t(\S+)$/gm)].map(([, name, ...row]) => [name, row]),
    )
    assert.equal(found.size, truth.origins)
    let flights = 0
    for (const row of truth.rows) {
      const [count, mean] = found.get(row.origin) ?? []
      assert.equal(Number(count), row.flights, row.origin)
      assert.ok(Math.abs(Number(mean) - row.meanDelay) <= 1e-9 * Math.abs(row.meanDelay), row.origin)
      flights += row.flights
    }
    assert.equal(flights, truth.flights)
    assert.equal((await ended)[0], 0)
  } finally {
    child.kill('SIGKILL')
  }
}

const tests = {
  'two C++ programs built against the installed package pass ticks on': ticksArrive,
  'a C++ program aggregates the flights that Node.js writes as Polars does': flightsArrive,
}

/**
 * Installs the package that was built for the release preset, builds the C++ examples against it, and runs them.
 *
 * @param {string} python has pyarrow
 * @returns {Promise<number>} the exit code
 */
export async function testExamples(python) {
  const folder = mkdtempSync(join(tmpdir(), 'qads-cpp-'))
  let passed = 0
  let failed = 0
  try {
    const program = await buildExamples(folder, python)
    for (const [name, test] of Object.entries(tests)) {
      try {
        await test(program)
        passed++
        console.log(`pass  ${name}`)
      } catch (error) {
        failed++
        console.error(error)
        console.log(`FAIL  ${name}`)
      }
    }
  } catch (error) {
    failed++
    console.error(error)
  } finally {
    rmSync(folder, { recursive: true })
  }
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}
