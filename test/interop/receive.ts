/** Keeps what comes through the arenas of `send`, one file a batch: `receive.js PREFIX FOLDER TARGET`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { RecordBatchFileWriter } from 'apache-arrow'
import { createReader, QadsError } from 'qadataswap'

const [, , prefix = '', folder = '', target = ''] = process.argv
for (const name of readFileSync(join(folder, 'cases.txt'), 'utf8').trim().split('\n')) {
  const reader = createReader(`${prefix}.${name}`, { waitMs: 60_000 })
  let number = 0
  try {
    for await (const batch of reader) {
      const bytes = RecordBatchFileWriter.writeAll([batch]).toUint8Array(true)
      writeFileSync(join(target, `${name}.${number++}.arrow`), bytes)
    }
    console.log(`${name}\tok\t`)
  } catch (error) {
    const code = error instanceof QadsError ? error.code : 'arrow'
    console.log(`${name}\t${code}\t${String(error).replace(/\s+/g, ' ')}`)
  } finally {
    reader.close()
  }
}
