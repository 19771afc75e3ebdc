import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { extname, join } from 'node:path'

import { cacheDir, cargoTarget, root } from './project.mjs'

const bin = (name) => join(root, 'node_modules/.bin', name)

const notOurs = new Set(['.git', 'build', 'dist', 'node_modules', 'target', '.venv'])

/** Paths of the files below `folder` whose name ends so, without build output and what others wrote. */
function filesEnding(endings, folder = root) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : filesEnding(endings, path)
    return endings.includes(extname(entry.name)) ? [path] : []
  })
}

const ruffVersion = '0.17.6'

/** Ruff of the pinned version in a folder of its own, installed once; undefined if this machine cannot have it. */
function ruff() {
  const folder = join(cacheDir, `ruff-${ruffVersion}`)
  const binary = join(folder, 'bin/ruff')
  if (available(binary, '--version')) return binary
  const installed =
    available('python3', '-m', 'venv', folder) &&
    available(join(folder, 'bin/pip'), 'install', '--quiet', `ruff==${ruffVersion}`)
  return installed ? binary : undefined
}

const available = (program, ...args) => spawnSync(program, args).status === 0

/**
 * The tools that check and format this project's files, one entry per tool.
 *
 * `check` and `fix` are command lines (several where a tool does one thing at a time); `unavailable()` says why a
 * tool cannot run here; `absent` is true while the project has no files for it.
 */
export function linters() {
  const cpp = filesEnding(['.cpp', '.hpp', '.h', '.c'])
  const python = join(root, 'bindings/python')
  const pythonFiles = [
    python,
    join(root, 'examples'),
    join(root, 'test/interop'),
    join(root, 'bench/coming_from'),
  ]
  const rust = join(root, 'bindings/rust')
  const ruffBinary = existsSync(python) ? ruff() : undefined
  return [
    {
      name: 'eslint',
      check: [[bin('eslint'), '.', '--max-warnings=0']],
      fix: [[bin('eslint'), '.', '--fix']],
    },
    {
      name: 'prettier',
      check: [[bin('prettier'), '--check', '--log-level=warn', '.']],
      fix: [[bin('prettier'), '--write', '--log-level=warn', '.']],
    },
    {
      name: 'clang-format',
      absent: cpp.length === 0,
      check: [[bin('clang-format'), '--dry-run', '-Werror', ...cpp]],
      fix: [[bin('clang-format'), '-i', ...cpp]],
    },
    {
      name: 'floors',
      check: [[process.execPath, 'scripts/check-floors.mjs']],
      fix: [],
    },
    {
      name: 'diagrams',
      check: [[process.execPath, 'scripts/check-diagrams.mjs']],
      fix: [],
    },
    {
      name: 'picture',
      check: [[process.execPath, 'scripts/draw-way.mjs', '--check']],
      fix: [[process.execPath, 'scripts/draw-way.mjs']],
    },
    {
      name: 'versions',
      check: [[process.execPath, 'scripts/check-versions.mjs']],
      fix: [],
    },
    {
      name: 'ruff',
      absent: !existsSync(python),
      unavailable: () =>
        ruffBinary ? undefined : 'it needs python3 with venv and pip (apt-get install python3-venv)',
      check: [
        [ruffBinary, 'check', ...pythonFiles],
        [ruffBinary, 'format', '--check', ...pythonFiles],
      ],
      fix: [
        [ruffBinary, 'check', '--fix', ...pythonFiles],
        [ruffBinary, 'format', ...pythonFiles],
      ],
    },
    {
      name: 'rustfmt',
      absent: !existsSync(rust),
      unavailable: () =>
        available('cargo', 'fmt', '--version')
          ? undefined
          : 'cargo fmt is not installed (rustup component add rustfmt)',
      cwd: rust,
      check: [['cargo', 'fmt', '--all', '--check']],
      fix: [['cargo', 'fmt', '--all']],
    },
    {
      name: 'clippy',
      absent: !existsSync(rust),
      unavailable: () =>
        available('cargo', 'clippy', '--version')
          ? undefined
          : 'clippy is not installed (rustup component add clippy)',
      cwd: rust,
      check: [
        [
          ...['cargo', 'clippy', '--quiet', '--workspace', '--all-features', '--all-targets'],
          ...['--target-dir', cargoTarget, '--', '-D', 'warnings'],
        ],
      ],
      fix: [],
    },
    {
      // Broken links and anchors, and exports without documentation.
      name: 'site',
      check: [[process.execPath, 'scripts/docs.mjs']],
      fix: [],
    },
  ]
}

/**
 * The formatters, each as the command that formats the files named behind it, with this project's settings.
 */
export function formatters() {
  const ruffBinary = ruff()
  return [
    { name: 'clang-format', command: [bin('clang-format'), '-i'] },
    // What is below build is ignored otherwise.
    {
      name: 'prettier',
      command: [bin('prettier'), '--write', '--log-level=warn', '--ignore-path', '/dev/null'],
    },
    {
      name: 'ruff',
      unavailable: () => !ruffBinary,
      command: [ruffBinary, 'format', '--config', join(root, 'bindings/python/pyproject.toml')],
    },
    {
      name: 'rustfmt',
      unavailable: () => !available('rustfmt', '--version'),
      command: ['rustfmt', '--edition', '2024', '--config-path', join(root, 'bindings/rust')],
    },
  ]
}
