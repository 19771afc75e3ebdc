import { spawn } from 'node:child_process'
import { constants } from 'node:os'

import { root } from './project.mjs'

/**
 * Runs a program to its end with its output shown as it comes, and kept.
 *
 * @param {string} program looked up in PATH; no shell is involved
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, quiet?: boolean }} [options] `env` is added to this
 *   process's own; `quiet` keeps the output without showing it
 * @returns {Promise<{ code: number, output: string }>} `code` is 127 if the program could not be started, and
 *   128 plus the signal's number if a signal ended it. `output` is standard output and standard error as they came.
 */
export function run(program, args, { cwd = root, env = {}, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const keep = (target) => (chunk) => {
      output += chunk
      if (!quiet) target.write(chunk)
    }
    child.stdout.setEncoding('utf8').on('data', keep(process.stdout))
    child.stderr.setEncoding('utf8').on('data', keep(process.stderr))
    child.on('error', (error) => resolve({ code: 127, output: `${output}${error.message}\n` }))
    child.on('close', (code, signal) => {
      resolve({ code: code ?? 128 + constants.signals[signal], output })
    })
  })
}

/** Like `run`, but ends this program with the same code if it is not 0. */
export async function runOrExit(program, args, options) {
  const result = await run(program, args, options)
  if (result.code !== 0) {
    if (options?.quiet || result.code === 127) process.stderr.write(result.output)
    process.exit(result.code)
  }
  return result
}
