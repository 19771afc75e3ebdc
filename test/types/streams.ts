/** What the compiler must know of streams, readers and writers. Compiled by the tests' build; never run. */
import { createWriteStream } from 'node:fs'
import { PassThrough } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'

import type { DataType, Float64, Int32, RecordBatch, Schema, Utf8 } from 'apache-arrow'
import { createReader, createWriter } from 'qadataswap'
import { createReadable, createWritable, fromIpc, rebatch, rename, select, tap, toIpc, toRows } from 'qadataswap/streams'

import { type Equal, expectType } from './equal.js'
