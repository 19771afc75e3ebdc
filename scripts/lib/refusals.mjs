import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from './project.mjs'

/**
 * What a language cannot carry, from test/interop/refusals.json: which cases, as writer or as reader, the code of the
 * error (`arrow` where its Arrow library has no such type, so that there is nothing to write), and why.
 *
 * @typedef {{ language: string, role: 'writer' | 'reader', cases: string[], code: string, why: string }} Refusal
 */

/** @returns {Refusal[]} */
export const readRefusals = () => JSON.parse(readFileSync(join(root, 'test/interop/refusals.json'), 'utf8'))

/** The code with which this side refuses the case, or `ok`. */
export function expectedCode(refusals, language, role, name) {
  const found = refusals.find((r) => r.language === language && r.role === role && r.cases.includes(name))
  return found?.code ?? 'ok'
}

/** The rows of the table in docs/reference/errors.md, which the test compares with what is there. */
export function refusalRows(refusals) {
  return refusals.map(({ language, role, code, why }) => {
    const error = code === 'arrow' ? 'the Arrow library’s own, before anything is written' : `\`${code}\``
    return [`${language} as ${role}`, why, error]
  })
}

/** Sentences that say which rows that page lacks; the width of columns does not matter. */
export function missingRows(refusals) {
  const page = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8')
  const rows = new Set(page.split('\n').map((line) => line.replace(/\s+/g, ' ').trim()))
  return refusalRows(refusals)
    .map((cells) => `| ${cells.join(' | ')} |`)
    .filter((row) => !rows.has(row))
    .map((row) => `docs/reference/errors.md lacks the row: ${row}`)
}
