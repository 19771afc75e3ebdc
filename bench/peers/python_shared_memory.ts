import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import type { RecordBatch } from 'apache-arrow'

import { howToInstallPython, pythonWithArrow } from '../lib/cache.js'
import type { Opened } from './opened.js'

const program = fileURLToPath(new URL('../../../../bench/peers/shared_memory.py', import.meta.url))

/** Python to Python: the program makes the same batches itself, and says how long a round took. */
export async function openPythonSharedMemory(): Opened {
  const python = pythonWithArrow()
  if (python === undefined) return howToInstallPython()
  const child = spawn(python, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    round: async (batch: RecordBatch, count: number) => {
      child.stdin.write(`${batch.numRows} ${count}\n`)
      const line = await lines.next()
      if (line.done === true) throw new Error('the Python program ended')
      return Number(line.value)
    },
    close: async () => {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}
