#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "qadataswap.h"

namespace arrow {
class KeyValueMetadata;
}

namespace qads::arrow {

/// Tells one arena of a name from the others, before and after it.
struct ArenaId {
  std::uint64_t generation;  ///< number under the name; begins at 1 again when the name was gone meanwhile
  std::uint64_t created_ns;  ///< CLOCK_REALTIME at its creation

  /// The same arena.
  bool operator==(const ArenaId& other) const noexcept {
    return generation == other.generation && created_ns == other.created_ns;
  }
  /// Another arena.
  bool operator!=(const ArenaId& other) const noexcept { return !(*this == other); }
};

/// Batches that a slow reader of a drop-oldest arena did not get: `first` to `first + count - 1`.
struct Loss {
  std::uint64_t first;  ///< sequence of the first
  std::uint64_t count;  ///< how many
};

/// Where a batch came from.
struct BatchInfo {
  std::uint64_t sequence;    ///< number of the batch; the writer's first is 0
  std::uint64_t rows;        ///< of the batch
  std::uint64_t bytes;       ///< of the slot, an Arrow IPC file
  std::uint64_t commit_ns;   ///< CLOCK_REALTIME at commit
  std::optional<Loss> lost;  ///< just before this batch
  bool leased;               ///< read in place; false: its bytes were copied out of the ring
  /// That its writer gave to this batch alone; null without any.
  std::shared_ptr<const ::arrow::KeyValueMetadata> custom_metadata;
};

/// Counters of one writer.
using WriterStats = qads_writer_stats;
/// Counters of one reader.
using ReaderStats = qads_reader_stats;

}  // namespace qads::arrow
