import { stripVTControlCharacters } from 'node:util'

// How the test programs and compilers that run here mark what failed. "0 failed" is no mark.
const MARK =
  /✘|✖|\bnot ok\b|\bFAIL(ED)?\b|\*\*\*|\bpanicked at\b|\berror\b.*:|\w+Error\b|ERROR:|WARNING: ThreadSanitizer|\bexited\b|timed out|\b[Uu]n(caught|handled)\b|\b[1-9]\d* (tests? )?failed\b/
// And what passed, whatever its name says.
const PASSED = /✔|^(\d+: )?\s*(pass|ok)\b|\.\.\. ok$|\bPASSED\b/
const BEFORE = 2
const AFTER = 15
const MOST_LINES = 150
const LAST_LINES = 25

/**
 * What of a failed step's output tells why it failed: the lines around those that say so, and the last ones. Where
 * only the end of a long log is kept, this is what can still be read.
 *
 * @param {string} output of a program that has ended
 * @returns {string} at most some 175 lines, "…" where lines are left out
 */
export function excerpt(output) {
  const lines = stripVTControlCharacters(output).trimEnd().split('\n')
  const wanted = new Set()
  lines.forEach((line, at) => {
    if (wanted.size >= MOST_LINES || PASSED.test(line) || !MARK.test(line)) return
    for (let near = Math.max(0, at - BEFORE); near < Math.min(lines.length, at + AFTER); near++)
      wanted.add(near)
  })
  for (let at = Math.max(0, lines.length - LAST_LINES); at < lines.length; at++) wanted.add(at)
  const sorted = [...wanted].sort((a, b) => a - b)
  return sorted.map((at, i) => (at === (sorted[i - 1] ?? -1) + 1 ? lines[at] : `…\n${lines[at]}`)).join('\n')
}
