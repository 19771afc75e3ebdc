#!/usr/bin/env node
// A comment with columns stays as it is: each formatter of this project is given one, with the settings that it has
// here, and must give it back.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from './lib/project.mjs'
import { formatters } from './lib/linters.mjs'

const columns = [
  `offset   word                 meaning${' '.repeat(90)}written by`,
  '0        SharedMemoryHeader   identity',
  '128      PublishLine          published, state      ┌──────┐',
  '…        Slot[slotCount]      64 bytes each         └──────┘',
]

const samples = {
  'clang-format': { file: 'diagram.hpp', mark: '//', code: 'int x;' },
  prettier: { file: 'diagram.ts', mark: '//', code: 'export const x = 1' },
  ruff: { file: 'diagram.py', mark: '#', code: 'x = 1' },
  rustfmt: { file: 'diagram.rs', mark: '//', code: 'pub const X: u32 = 1;' },
}

let failed = false
// Below the root, where the formatters find their settings.
const folder = mkdtempSync(join(root, 'build/diagrams-'))
try {
  for (const { name, unavailable, command } of formatters()) {
    if (unavailable?.()) continue
    const { file, mark, code } = samples[name]
    const path = join(folder, file)
    const comment = columns.map((line) => `${mark}   ${line}`).join('\n')
    writeFileSync(path, `${comment}\n\n${code}\n`)
    const [program, ...args] = command
    const { status, stderr } = spawnSync(program, [...args, path], { encoding: 'utf8', cwd: root })
    if (status !== 0) {
      console.error(`${name} could not format ${file}: ${stderr}`)
      failed = true
    } else if (!readFileSync(path, 'utf8').includes(comment)) {
      console.error(`${name} reflows comments with columns:\n${readFileSync(path, 'utf8')}`)
      failed = true
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}
process.exit(failed ? 1 : 0)
