import { stripVTControlCharacters } from 'node:util'

/** How test programs that this project uses say how many tests passed and failed. */

/** @param {string} text @param {RegExp} pattern global, with one group: a number */
const sum = (text, pattern) =>
  [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0)

const formats = [
  {
    // The native tests under ctest. An executable that dies before its last line counts as one failure.
    is: /^\d+% tests passed, \d+ tests? failed out of \d+$/m,
    count(text) {
      const passed = sum(text, /^\d+: (\d+) passed, \d+ failed$/gm)
      const failed = sum(text, /^\d+: \d+ passed, (\d+) failed$/gm)
      const programs = sum(text, /^\d+% tests passed, (\d+) tests? failed out of \d+$/gm)
      return { passed, failed: Math.max(failed, programs) }
    },
  },
  {
    is: /^\s*(\d+ tests? (passed|failed)|\d+ uncaught exceptions?|\d+ unhandled rejections?)$/m, // ava
    count: (text) => ({
      passed: sum(text, /^\s*(\d+) tests? passed$/gm),
      failed: sum(text, /^\s*(\d+) (?:tests? failed|uncaught exceptions?|unhandled rejections?)$/gm),
    }),
  },
  {
    is: /^test result: /m, // cargo test, once per crate, target and doc
    count: (text) => ({
      passed: sum(text, /^test result: .*?(\d+) passed;/gm),
      failed: sum(text, /^test result: .*? (\d+) failed;/gm),
    }),
  },
  {
    is: /^=+ .*\b\d+ (passed|failed|errors?)\b.* in [\d.]+s/m, // pytest
    count: (text) => ({
      passed: sum(text, /^=+ .*?\b(\d+) passed\b.* in [\d.]+s/gm),
      failed:
        sum(text, /^=+ .*?\b(\d+) failed\b.* in [\d.]+s/gm) +
        sum(text, /^=+ .*?\b(\d+) errors?\b.* in [\d.]+s/gm),
    }),
  },
  {
    is: /^\d+ passed, \d+ failed$/m, // this project's own programs
    count: (text) => ({
      passed: sum(text, /^(\d+) passed, \d+ failed$/gm),
      failed: sum(text, /^\d+ passed, (\d+) failed$/gm),
    }),
  },
]

/**
 * Counts what a step's output reports, all formats added up. A program that failed without naming a failed test
 * counts as one failure; one that has no tests of its own and succeeded counts nothing.
 *
 * @param {string} output of a program that has ended
 * @param {number} code its exit code
 * @returns {{ passed: number, failed: number }}
 */
export function tally(output, code) {
  const text = stripVTControlCharacters(output)
  const total = { passed: 0, failed: 0 }
  for (const format of formats) {
    if (!format.is.test(text)) continue
    const { passed, failed } = format.count(text)
    total.passed += passed
    total.failed += failed
  }
  if (code !== 0 && total.failed === 0) total.failed = 1
  return total
}
