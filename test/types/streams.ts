/* eslint-disable @typescript-eslint/no-unused-vars -- only the types matter */
/** What the compiler infers of readers, writers and streams; compiled with the tests, never run. */
import { createWriteStream } from 'node:fs'
import { PassThrough } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'

import type { Float64, Int32, RecordBatch, Schema, Utf8, Vector } from 'apache-arrow'
import { type ArenaBatch, createReader, createWriter } from 'qadataswap'
import {
  createReadable,
  createWritable,
  dropColumns,
  filterRows,
  fromIpc,
  limitRows,
  rebatch,
  renameColumns,
  selectColumns,
  tap,
  toIpc,
  toRows,
} from 'qadataswap/streams'

import { type Equal, expectTrue } from './equal.js'

// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- an interface is no TypeMap
type Tick = { symbol: Utf8; price: Float64; size: Int32 }
declare const schema: Schema<Tick>
declare const batch: RecordBatch<Tick>
declare const other: RecordBatch<{ text: Utf8 }>

export async function readers(): Promise<void> {
  const reader = createReader<Tick>('ticks')
  const read = await reader.read()
  expectTrue<Equal<typeof read, ArenaBatch<Tick> | null>>()
  const tried = reader.tryRead()
  expectTrue<Equal<typeof tried, ArenaBatch<Tick> | null | undefined>>()
  for await (const each of reader) {
    const price = each.getChild('price')
    expectTrue<Equal<typeof price, Vector<Float64> | null>>()
    // @ts-expect-error -- there is no such column
    each.getChild('prize')
  }
}

export async function writers(): Promise<void> {
  const writer = createWriter<Tick>('ticks')
  await writer.write(batch)
  // @ts-expect-error -- of another schema
  await writer.write(other)
  const loan = await writer.loan(schema, 10)
  expectTrue<Equal<typeof loan.columns.price, Float64Array>>()
  expectTrue<Equal<typeof loan.columns.size, Int32Array>>()
  expectTrue<Equal<keyof typeof loan.columns, 'symbol' | 'price' | 'size'>>()
  await createWriter('anything').write(other)
}

export async function streams(): Promise<void> {
  const readable = createReadable<Tick>('ticks')
  for await (const each of readable) expectTrue<Equal<typeof each, ArenaBatch<Tick>>>()
  const one = readable.read()
  expectTrue<Equal<typeof one, ArenaBatch<Tick> | null>>()
  await finished(readable)
  await finished(createWritable('copy'))

  const selected = readable.pipe(selectColumns<Tick, 'price'>(['price']))
  for await (const each of selected) expectTrue<Equal<typeof each, RecordBatch<Pick<Tick, 'price'>>>>()
  const dropped = readable.pipe(dropColumns<Tick, 'price'>(['price']))
  for await (const each of dropped) expectTrue<Equal<typeof each, RecordBatch<Omit<Tick, 'price'>>>>()
  const renamed = readable.pipe(renameColumns<Tick, { price: 'px' }>({ price: 'px' }))
  for await (const each of renamed) void each.getChild('px')
  for await (const each of fromIpc<Tick>('ticks.arrow')) expectTrue<Equal<typeof each, RecordBatch<Tick>>>()
  for await (const row of readable.pipe(toRows<Tick>())) {
    expectTrue<Equal<typeof row.symbol, string | null>>()
    expectTrue<Equal<typeof row.size, number | null>>()
  }

  await pipeline(
    readable,
    filterRows<Tick, readonly ['price', 'symbol']>(['price', 'symbol'], (price, symbol) => {
      expectTrue<Equal<typeof price, number | null>>()
      expectTrue<Equal<typeof symbol, string | null>>()
      return symbol !== null
    }),
    rebatch({ rows: 100 }),
    tap(),
    limitRows(1000),
    createWritable<Tick>('copy'),
  )
  await pipeline(readable, new PassThrough({ objectMode: true }), toIpc(), createWriteStream('ticks.arrow'))
}
