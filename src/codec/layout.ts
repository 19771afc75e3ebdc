/**
 * The layout words of a slot: what the native verifier found in it, flattened into numbers. They begin with these,
 * followed by one block for each dictionary batch in the order of the file and one for the record batch.
 */
export const Layout = {
  Rows: 0,
  /** Position and length in the slot of the schema message's flatbuffer. */
  SchemaOffset: 1,
  SchemaLength: 2,
  DictionaryBatches: 3,
  Blocks: 4,
} as const

/**
 * A block: these words, then length and null count of every node, then position in the slot and length of every
 * buffer, then the variadic buffer counts.
 */
export const Block = {
  /** Of the dictionary; -1 for the record batch. */
  Id: 0,
  IsDelta: 1,
  Rows: 2,
  /** Position and length in the slot of the message's flatbuffer. */
  MetadataOffset: 3,
  MetadataLength: 4,
  BodyOffset: 5,
  BodyLength: 6,
  /** 0 none, 1 LZ4 frame, 2 Zstandard. */
  Compression: 7,
  Nodes: 8,
  Buffers: 9,
  Variadics: 10,
  /** 1 if the message has custom metadata. */
  HasMetadata: 11,
  Numbers: 12,
} as const

/** Words of the block at `block`. */
export function blockWords(words: ArrayLike<number>, block: number): number {
  const nodes = words[block + Block.Nodes]!
  const buffers = words[block + Block.Buffers]!
  return Block.Numbers + 2 * nodes + 2 * buffers + words[block + Block.Variadics]!
}
