/** Passes the DataFrames of one arena on to another: `relay.js FROM TO`. */
import { SharedDataFrame } from 'qadataswap'

const [, , from = '', to = ''] = process.argv
const writer = SharedDataFrame.createWriter(to, { sizeMb: 32 })
const reader = SharedDataFrame.createReader(from, { waitMs: 60_000 })
for await (const frame of reader) await writer.write(frame)
await writer.finish()
