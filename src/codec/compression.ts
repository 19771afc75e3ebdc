import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'

import { CompressionType, compressionRegistry } from 'apache-arrow'

import { IncompatibleError } from '../base/errors.js'
import { decodeLz4Frame } from './lz4_frame.js'

type Decode = (bytes: Uint8Array) => Uint8Array

/**
 * Lets apache-arrow read compressed bodies, which pandas writes by default. Codecs that the program has registered stay. Node has zstd from
 * 22.15 on; before that it takes the package fzstd, an optional peer.
 */
export function registerDecoders(): void {
  register(CompressionType.LZ4_FRAME, decodeLz4Frame)
  register(CompressionType.ZSTD, decodeZstd)
}

function register(type: CompressionType, decode: Decode): void {
  if (compressionRegistry.get(type)?.decode === undefined) compressionRegistry.set(type, { decode })
}

let zstd: Decode | undefined

function decodeZstd(bytes: Uint8Array): Uint8Array {
  zstd ??= findZstd()
  return zstd(bytes)
}

function findZstd(): Decode {
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: Decode }
  if (zstdDecompressSync !== undefined) return zstdDecompressSync
  try {
    return (createRequire(import.meta.url)('fzstd') as { decompress: Decode }).decompress
  } catch (cause) {
    throw new IncompatibleError(
      'the data is compressed with zstd, which Node reads from 22.15 on: use that, or `npm install fzstd`, or write it with lz4',
      { cause },
    )
  }
}
