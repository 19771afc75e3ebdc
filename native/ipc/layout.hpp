#pragma once

// The layout words that SlotVerifier writes: doubles, so that JavaScript reads them from one Float64Array.
// All are integers below 2^53. Offsets are absolute in the slot, lengths in bytes unless they count rows.
//
//   rows, schema offset, schema length, dictionary batch count,
//   then one block per dictionary batch in file order, and last the block of the record batch:
//     12 header words, (length, null count) per node, (offset, length) per buffer, one count per variadic
//     field

#include <cstddef>

namespace qads {

enum LayoutWord : size_t {
  kLayoutRows,
  kLayoutSchemaOffset,
  kLayoutSchemaLength,
  kLayoutDictionaryBatches,
  kLayoutWords,
};

enum LayoutBlockWord : size_t {
  kBlockDictionaryId,  // -1 for the record batch; a dictionary's id may be negative too, its place tells
  kBlockIsDelta,
  kBlockRows,
  kBlockMetadataOffset,
  kBlockMetadataLength,
  kBlockBodyOffset,
  kBlockBodyLength,
  kBlockCompression,  // LayoutCompression
  kBlockNodes,
  kBlockBuffers,
  kBlockVariadicCounts,
  kBlockHasMetadata,  // 1 if the message has custom metadata
  kBlockWords,
};

/// Words of the block that starts at `words`.
inline size_t block_words(const double* words) noexcept {
  return kBlockWords + 2 * static_cast<size_t>(words[kBlockNodes]) +
         2 * static_cast<size_t>(words[kBlockBuffers]) + static_cast<size_t>(words[kBlockVariadicCounts]);
}

enum LayoutCompression { kUncompressed = 0, kLz4Frame = 1, kZstd = 2 };

}  // namespace qads
