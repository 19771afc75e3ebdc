// LZ4 frames, as in "LZ4 Frame Format Description" 1.6 and "LZ4 Block Format Description" (github.com/lz4/lz4, doc/). Arrow compresses each
// buffer to a frame of its own. Checksums are passed over: Arrow's writers leave out those of contents.

const MAGIC = 0x184d2204
const VERSION = 1
/** By the number in a frame's BD byte. */
const BLOCK_BYTES: Readonly<Record<number, number>> = { 4: 65536, 5: 262144, 6: 1048576, 7: 4194304 }
const STORED = 0x80000000
const MIN_MATCH = 4
const MORE = 15

/** The contents of a frame. Throws a RangeError for bytes that are none. */
export function decodeLz4Frame(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (view.getUint32(0, true) !== MAGIC) throw damaged('no LZ4 frame')
  const flags = view.getUint8(4)
  if (flags >> 6 !== VERSION) throw damaged('an unknown version of LZ4 frames')
  const blockBytes = BLOCK_BYTES[(view.getUint8(5) >> 4) & 7]
  if (blockBytes === undefined) throw damaged('an unknown block size')
  const [hasBlockChecksums, hasContentSize, hasDictionary] = [flags & 16, flags & 8, flags & 1]
  if (hasDictionary) throw damaged('a frame with a dictionary')
  let at = 7 + (hasContentSize ? 8 : 0)
  const output = new Output(
    hasContentSize ? Number(view.getBigUint64(6, true)) : frame.length * 4,
    blockBytes,
  )
  for (;;) {
    const word = view.getUint32(at, true)
    at += 4
    if (word === 0) return output.contents()
    const size = word & ~STORED
    if (at + size > frame.length) throw damaged('a block beyond the end of its frame')
    const block = frame.subarray(at, at + size)
    output.room(blockBytes)
    if ((word & STORED) !== 0) output.literals(block, 0, size)
    else decodeBlock(block, output)
    at += size + (hasBlockChecksums ? 4 : 0)
  }
}

function decodeBlock(block: Uint8Array, output: Output): void {
  const limit = output.length + output.blockBytes
  let at = 0
  const byte = () => {
    if (at >= block.length) throw damaged('a block that ends in the middle')
    return block[at++]!
  }
  const lengthOf = (nibble: number) => {
    let length = nibble
    if (nibble !== MORE) return length
    for (let more = 255; more === 255; length += more) more = byte()
    return length
  }
  while (at < block.length) {
    const token = byte()
    const literals = lengthOf(token >> 4)
    if (at + literals > block.length) throw damaged('literals beyond the end of their block')
    if (output.length + literals > limit) throw damaged('a block with too much in it')
    output.literals(block, at, literals)
    at += literals
    // The last sequence of a block has no match.
    if (at === block.length) return
    const distance = byte() | (byte() << 8)
    const length = lengthOf(token & MORE) + MIN_MATCH
    if (output.length + length > limit) throw damaged('a block with too much in it')
    output.match(distance, length)
  }
}

/** What was decoded so far, which later blocks may refer to. */
class Output {
  length = 0
  private bytes: Uint8Array

  constructor(
    expected: number,
    readonly blockBytes: number,
  ) {
    // The size in a frame's header is only believed as far as memory grows anyway.
    this.bytes = new Uint8Array(Math.min(Math.max(expected, 64), 16 * blockBytes))
  }

  room(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(this.length + more, 2 * this.bytes.length))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }

  literals(source: Uint8Array, from: number, count: number): void {
    if (count > this.blockBytes) throw damaged('a block with too much in it')
    this.bytes.set(source.subarray(from, from + count), this.length)
    this.length += count
  }

  match(distance: number, length: number): void {
    const from = this.length - distance
    if (distance === 0 || from < 0) throw damaged('a match before the beginning')
    const { bytes } = this
    // Where the match overlaps what it makes, bytes repeat: one by one then.
    if (distance >= length) bytes.copyWithin(this.length, from, from + length)
    else for (let i = 0; i < length; i++) bytes[this.length + i] = bytes[from + i]!
    this.length += length
  }

  contents(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }
}

function damaged(what: string): RangeError {
  return new RangeError(`the compressed data is damaged: ${what}`)
}
