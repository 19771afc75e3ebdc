import { readFileSync } from 'node:fs'
import { extname, join, posix } from 'node:path'

import { root } from '../project.mjs'

/** The languages whose code blocks must be run, by the word behind the fence. */
const languages = { ts: ['.ts'], js: ['.mjs', '.cjs'], python: ['.py'], rust: ['.rs'], cpp: ['.cpp'] }

/**
 * What a page shows and a test runs. In front of a code block stands one of
 *
 *     <!-- sample GROUP/FILE -->    a program; those of a group run at the same time, in every order of starting
 *     <!-- module GROUP/FILE -->    a file that the group's programs import
 *     <!-- output GROUP/FILE -->    what that program prints, to the letter
 *     <!-- not run: WHY -->         shown only
 *
 * and a block of code without one is a fault.
 *
 * @param {string} page path below the root
 * @returns {{ groups: Map<string, Group>, notRun: string[], faults: string[] }}
 */
export function samplesOf(page) {
  const lines = readFileSync(join(root, page), 'utf8').split('\n')
  const groups = new Map()
  const notRun = []
  const faults = []
  for (let at = 0; at < lines.length; at++) {
    const fence = /^(\s*)(`{3,})([a-z]*)/.exec(lines[at])
    if (!fence) continue
    const [, indent, ticks, language] = fence
    const end = lines.findIndex((line, i) => i > at && line.trimEnd() === indent + ticks)
    if (end < 0) {
      faults.push(`${page}:${at + 1}: a code block without an end`)
      break
    }
    const text = lines
      .slice(at + 1, end)
      .map((line) => line.slice(indent.length))
      .join('\n')
    const directive = directiveBefore(lines, at)
    const where = `${page}:${at + 1}`
    if (directive === undefined) {
      if (language in languages)
        faults.push(`${where}: ${language} that no test runs (see ${import.meta.filename})`)
    } else if (directive.why !== undefined) {
      notRun.push(`${where}: ${directive.why}`)
    } else {
      const { kind, group: name, file } = directive
      if (!groups.has(name)) groups.set(name, { page, name, programs: [], modules: [], outputs: new Map() })
      const group = groups.get(name)
      if (kind === 'output') group.outputs.set(file, text)
      else if (!languages[language]?.includes(extname(file)))
        faults.push(`${where}: ${file} is shown as ${language}`)
      else group[kind === 'sample' ? 'programs' : 'modules'].push({ file, text, where })
    }
    at = end
  }
  return { groups, notRun, faults }
}

function directiveBefore(lines, at) {
  const line = lines[at - 1]?.trim() === '' ? lines[at - 2] : lines[at - 1]
  const [, why] = /^\s*<!-- not run: (.+) -->$/.exec(line ?? '') ?? []
  if (why !== undefined) return { why }
  const [, kind, path] = /^\s*<!-- (sample|module|output) (\S+) -->$/.exec(line ?? '') ?? []
  return kind && { kind, group: posix.dirname(path), file: posix.basename(path) }
}
