#!/usr/bin/env node
// Runs the compiled ava tests with other versions of Node, all with the one addon binary:
// `npm run test:node [-- VERSION...]`, every supported version without an argument. QADS_QUICK=1 shortens long tests.
import { delimiter, dirname, join } from 'node:path'

import { nodeBinary, nodeVersions } from './lib/nodes.mjs'
import { root } from './lib/project.mjs'
import { run } from './lib/run.mjs'
import { tally } from './lib/tally.mjs'

const versions = process.argv.length > 2 ? process.argv.slice(2) : nodeVersions
let failures = 0
for (const version of versions) {
  let result
  try {
    const binary = await nodeBinary(version)
    // First in PATH too, for programs that a test starts as `node`.
    const path = `${dirname(binary)}${delimiter}${process.env['PATH'] ?? ''}`
    const ava = join(root, 'node_modules/ava/entrypoints/cli.mjs')
    result = await run(binary, [ava], { env: { PATH: path } })
  } catch (error) {
    console.error(error.message)
    result = { code: 1, output: '' }
  }
  const { passed, failed } = tally(result.output, result.code)
  failures += failed
  console.log(`ava on Node ${version}: ${passed} passed, ${failed} failed`)
}
process.exit(failures === 0 ? 0 : 1)
