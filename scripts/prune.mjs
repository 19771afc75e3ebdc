#!/usr/bin/env node
// Removes compiled files whose source is gone, which tsc leaves behind: a test that was renamed would run twice,
// and an import of a deleted module would still work.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'

import { root } from './lib/project.mjs'

const outputs = [
  { compiled: join(root, 'dist'), sources: join(root, 'src') },
  ...['test', 'bench', 'examples'].map((folder) => ({
    compiled: join(root, 'build/ts', folder),
    sources: join(root, folder),
  })),
]
for (const { compiled, sources } of outputs) {
  if (!existsSync(compiled)) continue
  for (const entry of readdirSync(compiled, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const source = join(sources, relative(compiled, path)).replace(/(\.d\.ts|\.js|\.js\.map)$/, '.ts')
    if (source.endsWith('.ts') && !existsSync(source)) rmSync(path)
  }
}
