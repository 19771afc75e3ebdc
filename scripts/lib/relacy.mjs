import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { debianPackage } from './debian.mjs'
import { run } from './run.mjs'

/** The folder with Relacy's headers: the system's, or Debian's in a folder of its own. */
async function findRelacy() {
  if (existsSync('/usr/include/relacy/relacy.hpp')) return '/usr/include'
  const folder = await debianPackage('relacy-dev')
  return folder && join(folder, 'usr/include')
}

/**
 * Compiles and runs a program of Relacy, which prints a line for each of its checks.
 *
 * @returns {Promise<{ passed: boolean, line: string }[] | undefined>} undefined if Relacy cannot be had
 */
export async function exploreOrders(source, folder) {
  const headers = await findRelacy()
  if (headers === undefined) return undefined
  const program = join(folder, 'orders')
  const compiler = process.env['CXX'] || 'c++'
  // /usr/include as a system folder would come before the compiler's own.
  const include = headers === '/usr/include' ? [] : [`-I${headers}`]
  const compiled = await run(compiler, ['-std=c++17', '-w', ...include, source, '-o', program], {
    quiet: true,
  })
  if (compiled.code !== 0) return [{ passed: false, line: `orders do not compile: ${compiled.output}` }]
  const { code, output } = await run(program, [], { quiet: true })
  const lines = Array.from(output.matchAll(/^(pass|FAIL) {2}(.*)$/gm), ([, verdict, line]) => ({
    passed: verdict === 'pass',
    line,
  }))
  const failed = lines.some(({ passed }) => !passed)
  if (lines.length === 0 || (code !== 0) !== failed)
    lines.push({ passed: false, line: `orders ended with ${code}` })
  return lines
}
