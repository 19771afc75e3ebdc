#!/usr/bin/env node
// Builds and runs the native tests: `npm run test:native [-- PRESET...]`, the presets of CMakePresets.json being
// release, asan (address and undefined behaviour) and tsan (threads). All three without an argument.
import { missingToolchain } from './check-toolchain.mjs'
import { exitCodeOf, presetsOf, testPreset } from './lib/native_tests.mjs'

const sentence = missingToolchain()
if (sentence) {
  console.error(sentence)
  process.exit(1)
}
const codes = []
for (const preset of presetsOf(process.argv.slice(2))) {
  codes.push(await testPreset(preset, { title: 'native tests' }))
}
process.exit(exitCodeOf(codes))
