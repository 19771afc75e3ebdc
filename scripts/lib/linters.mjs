import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { root } from './project.mjs'

const bin = (name) => join(root, 'node_modules/.bin', name)

/** Files of these kinds that git tracks or would track: no build output. */
function filesOf(patterns, folder = '.') {
  const { stdout } = spawnSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...patterns],
    { cwd: join(root, folder), encoding: 'utf8' },
  )
  return [...new Set(stdout.split('\0'))].filter((file) => file && existsSync(join(root, folder, file)))
}

const available = (program, ...args) => spawnSync(program, args).status === 0

/**
 * The tools that check and format this project's files, one entry per tool.
 *
 * `check` and `fix` are command lines (several where a tool does one thing at a time); `unavailable` says why a
 * tool cannot run here; `absent` is true while the project has no files for it.
 */
export function linters() {
  const cpp = filesOf(['*.cpp', '*.hpp', '*.h', '*.c'])
  const python = join(root, 'bindings/python')
  const rust = join(root, 'bindings/rust')
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
      name: 'versions',
      check: [[process.execPath, 'scripts/check-versions.mjs']],
      fix: [],
    },
    {
      name: 'ruff',
      absent: !existsSync(python),
      unavailable: available('ruff', '--version') ? undefined : 'ruff is not installed (pip install ruff)',
      check: [
        ['ruff', 'check', python],
        ['ruff', 'format', '--check', python],
      ],
      fix: [
        ['ruff', 'check', '--fix', python],
        ['ruff', 'format', python],
      ],
    },
    {
      name: 'rustfmt',
      absent: !existsSync(rust),
      unavailable: available('cargo', 'fmt', '--version')
        ? undefined
        : 'cargo fmt is not installed (rustup component add rustfmt)',
      cwd: rust,
      check: [['cargo', 'fmt', '--all', '--check']],
      fix: [['cargo', 'fmt', '--all']],
    },
    {
      name: 'clippy',
      absent: !existsSync(rust),
      unavailable: available('cargo', 'clippy', '--version')
        ? undefined
        : 'clippy is not installed (rustup component add clippy)',
      cwd: rust,
      check: [['cargo', 'clippy', '--quiet', '--all-features', '--all-targets', '--', '-D', 'warnings']],
      fix: [],
    },
  ]
}
