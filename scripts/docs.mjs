#!/usr/bin/env node
// Builds the site into build/site: the pages of docs, and the reference of all four languages from their sources. What is not
// documented, or links to nothing, fails. `npm run docs`; open build/site/index.html.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { findDoxygen } from './lib/doxygen.mjs'
import { cargoTarget, leaveOut, root } from './lib/project.mjs'
import { PythonMissing, pythonWithPackages } from './lib/python.mjs'
import { run } from './lib/run.mjs'

const site = join(root, 'build/site')
const work = join(root, 'build/docs')

async function must(what, program, args, options) {
  const { code, output } = await run(program, args, { quiet: true, ...options })
  if (code === 0) return
  console.error(`${what} failed:\n${output}`)
  process.exit(1)
}

let python
try {
  python = await pythonWithPackages(join(root, 'docs/requirements.txt'))
} catch (error) {
  if (error instanceof PythonMissing) leaveOut(error.message)
  throw error
}
const doxygen = await findDoxygen()
if (doxygen === undefined) leaveOut('doxygen cannot be had (apt-get install doxygen)')
if ((await run('cargo', ['--version'], { quiet: true })).code !== 0) leaveOut('cargo is not installed')

rmSync(site, { recursive: true, force: true })
for (const part of ['typescript', 'cpp']) rmSync(join(work, part), { recursive: true, force: true })
mkdirSync(work, { recursive: true })

await must('the TypeScript reference', process.execPath, [join(root, 'node_modules/typedoc/bin/typedoc')])
const styles = await run(python, ['-c', 'import doxygen_awesome_css as d; print(d.__path__[0])'], {
  quiet: true,
})
const settings = `@INCLUDE = docs/Doxyfile\nHTML_EXTRA_STYLESHEET = ${styles.output.trim()}/doxygen-awesome.css\n`
writeFileSync(join(work, 'Doxyfile'), settings)
await must('the C++ reference', doxygen.program, [join(work, 'Doxyfile')], { env: doxygen.env })
await must('the Rust reference', 'cargo', ['doc', '--locked', '--no-deps', '--all-features', '--quiet'], {
  cwd: join(root, 'bindings/rust'),
  env: { CARGO_TARGET_DIR: cargoTarget, RUSTDOCFLAGS: '-D warnings' },
})
await must('the site', python, [
  '-m',
  'sphinx',
  '-W',
  '--keep-going',
  '-q',
  '-d',
  join(work, 'doctrees'),
  'docs',
  site,
])

for (const part of ['typescript', 'cpp'])
  cpSync(join(work, part), join(site, 'reference', part), { recursive: true })
// The pages of the crate, and what rustdoc's pages share.
const rust = join(cargoTarget, 'doc')
for (const part of [
  'qadataswap',
  'static.files',
  'search.index',
  'search-index.js',
  'crates.js',
  'src-files.js',
  'src',
  'trait.impl',
  'type.impl',
]) {
  if (existsSync(join(rust, part)))
    cpSync(join(rust, part), join(site, 'reference/rust', part), { recursive: true })
}

const lychee = join(python, '../lychee')
await must('a link', lychee, [
  '--offline',
  '--include-fragments',
  '--no-progress',
  // Lines of a source file, which rustdoc's script marks: single lines have an anchor, ranges have none.
  '--exclude',
  String.raw`/reference/rust/src/.*\.rs\.html#\d+-\d+$`,
  // A template of the theme, not a page.
  '--exclude-path',
  String.raw`/_static/webpack-macros\.html$`,
  join(site, '**/*.html'),
])
console.log(`${site}/index.html`)
