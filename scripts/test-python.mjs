#!/usr/bin/env node
// Builds the Python package and runs its tests: `npm run test:python [-- PYTEST-ARGUMENT...]`.
import { join } from 'node:path'

import { missingToolchain } from './check-toolchain.mjs'
import { leaveOut, root } from './lib/project.mjs'
import { installBinding, PythonMissing, pythonWithPackages } from './lib/python.mjs'
import { runOrExit } from './lib/run.mjs'

const missing = missingToolchain()
if (missing) leaveOut(missing)

try {
  const python = await pythonWithPackages()
  const env = await installBinding(python)
  await runOrExit(python, ['-m', 'pytest', ...process.argv.slice(2)], {
    cwd: join(root, 'bindings/python'),
    env,
  })
} catch (error) {
  if (error instanceof PythonMissing) leaveOut(error.message)
  console.error(error.message)
  process.exit(1)
}
