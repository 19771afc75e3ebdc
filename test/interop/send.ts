/** Sends every file of a folder through an arena of its own: `send.js FOLDER PREFIX`. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { RecordBatchReader } from 'apache-arrow'
import { createWriter, QadsError, type ArenaWriter } from 'qadataswap'

async function send(path: string, writer: ArenaWriter): Promise<void> {
  for (const batch of RecordBatchReader.from(readFileSync(path))) {
    await writer.write(batch)
    if (batch.numRows >= 8) await writer.write(batch.slice(3, 8))
    await writer.write(batch.slice(0, 0))
  }
}

const [, , folder = '', prefix = ''] = process.argv
for (const name of readFileSync(join(folder, 'cases.txt'), 'utf8').trim().split('\n')) {
  const path = join(folder, `${name}.arrow`)
  const writer = createWriter(`${prefix}.${name}`, { sizeMb: statSync(path).size > 2 ** 20 ? 32 : 1 })
  await writer.drained({ needReader: true })
  try {
    await send(path, writer)
    await writer.finish()
    console.log(`${name}\tok\t`)
  } catch (error) {
    const code = error instanceof QadsError ? error.code : 'arrow'
    console.log(`${name}\t${code}\t${String(error).replace(/\s+/g, ' ')}`)
    writer.abort(error)
  }
}
