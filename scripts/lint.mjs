#!/usr/bin/env node
// `npm run lint` checks, `npm run format` (--fix) repairs what the tools can repair. Runs every tool, whatever the
// ones before said.
import { linters } from './lib/linters.mjs'
import { exitLeftOut } from './lib/project.mjs'
import { run } from './lib/run.mjs'

const fix = process.argv.includes('--fix')
let failed = false
for (const { name, absent, unavailable, cwd, ...commands } of linters()) {
  if (absent) continue
  const reason = unavailable?.()
  if (reason) {
    console.log(`${name}: left out, ${reason}`)
    continue
  }
  let clean = true
  let leftOut
  for (const [program, ...args] of fix ? commands.fix : commands.check) {
    const { code, output } = await run(program, args, { cwd, quiet: true })
    if (code === exitLeftOut) {
      leftOut = /^left out: (.*)$/m.exec(output)?.[1]
    } else if (code !== 0) {
      clean = false
      process.stdout.write(output)
    }
  }
  console.log(`${name}: ${!clean ? 'FAILED' : leftOut === undefined ? 'clean' : `left out, ${leftOut}`}`)
  failed ||= !clean
}
process.exit(failed ? 1 : 0)
