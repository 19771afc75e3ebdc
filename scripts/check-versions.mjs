#!/usr/bin/env node
// The project has one version. Every file that must repeat it is compared with package.json.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from './lib/project.mjs'

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const copies = [
  { file: 'native/CMakeLists.txt', pattern: /project\(qadataswap VERSION ([\d.]+)/ },
  { file: 'CHANGELOG.md', pattern: /^## \[?([\d.]+)/m },
  { file: 'bindings/python/pyproject.toml', pattern: /^version\s*=\s*"([^"]+)"/m },
  { file: 'bindings/rust/Cargo.toml', pattern: /^version\s*=\s*"([^"]+)"/m },
]

let wrong = false
for (const { file, pattern } of copies) {
  const path = join(root, file)
  if (!existsSync(path)) continue
  const found = pattern.exec(readFileSync(path, 'utf8'))?.[1]
  // A file may take its version from elsewhere; one that states it must agree.
  if (found === undefined || found === version) continue
  console.error(`${file} says version ${found}, package.json says ${version}; set both to the same`)
  wrong = true
}
process.exit(wrong ? 1 : 0)
