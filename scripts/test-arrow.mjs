#!/usr/bin/env node
// Builds and tests the layer for Arrow C++ against the pyarrow wheel: `npm run test:arrow [-- PRESET...]`, the presets
// being release, asan and tsan; all three without an argument. Shares the build folders of `npm run test:native`. With
// the release preset, also the examples against the installed package.
import { missingToolchain } from './check-toolchain.mjs'
import { testExamples } from './lib/cpp_examples.mjs'
import { exitCodeOf, presetsOf, testPreset } from './lib/native_tests.mjs'
import { leaveOut } from './lib/project.mjs'
import { PythonMissing, pythonWithPackages } from './lib/python.mjs'

const missing = missingToolchain()
if (missing) leaveOut(missing)
const presets = presetsOf(process.argv.slice(2))

try {
  const python = await pythonWithPackages()
  const codes = []
  for (const preset of presets) {
    codes.push(
      await testPreset(preset, {
        title: 'Arrow C++',
        configure: ['-DQADS_BUILD_ARROW=ON', `-DQADS_PYTHON=${python}`],
        targets: ['qads_arrow_tests'],
        select: ['-L', 'arrow'],
      }),
    )
  }
  if (presets.includes('release')) codes.push(await testExamples(python))
  process.exit(exitCodeOf(codes))
} catch (error) {
  if (error instanceof PythonMissing) leaveOut(`Arrow C++ comes from pyarrow: ${error.message}`)
  console.error(error.message)
  process.exit(1)
}
