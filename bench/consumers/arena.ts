/** Reads an arena through one surface and says so after every `count` batches, a number that the parent tells first. */
import { createReader, type ArenaReader, type LeasePolicy } from 'qadataswap'
import { fromArena } from 'qadataswap/rx'
import { createReadable } from 'qadataswap/streams'
import type { RecordBatch } from 'apache-arrow'
import { Readable } from 'node:stream'

import { touch } from '../lib/batches.js'
import { Tally } from '../lib/tally.js'

const [, , arena = '', surface = 'iterator', lease = 'gc', keepEvery = '0'] = process.argv
const every = Number(keepEvery)
let seen = 0
let kept: RecordBatch[] = []
process.on('message', () => {
  kept = []
})
const tally = new Tally()

function use(batch: RecordBatch): void {
  touch(batch)
  if (every > 0 && ++seen % every === 0) kept.push(batch)
  tally.add()
}

async function drainTryRead(reader: ArenaReader): Promise<void> {
  for (;;) {
    const batch = reader.tryRead()
    if (batch === null) return
    if (batch) use(batch)
    else {
      const next = await reader.read()
      if (next === null) return
      use(next)
    }
  }
}

const options = { lease: lease as LeasePolicy }
async function consume(): Promise<void> {
  switch (surface) {
    case 'tryRead':
      return drainTryRead(createReader(arena, options))
    case 'iterator':
      for await (const batch of createReader(arena, options)) use(batch)
      return
    case 'readable':
      for await (const batch of createReadable(arena, options)) use(batch as RecordBatch)
      return
    case 'web':
      for await (const batch of Readable.toWeb(createReadable(arena, options))) use(batch as RecordBatch)
      return
    case 'rx':
      return fromArena(arena, options).forEach(use)
    default:
      throw new Error(`no surface "${surface}"`)
  }
}

const done = consume()
process.send?.('ready')
await done
if (process.connected) process.disconnect()
