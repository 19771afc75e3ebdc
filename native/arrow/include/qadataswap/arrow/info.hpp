#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "qadataswap.h"

namespace qads::arrow {

/// Batches that a slow reader of a drop-oldest arena did not get: `first` to `first + count - 1`.
struct Loss {
  std::uint64_t first;
  std::uint64_t count;
};

/// Where a batch came from.
struct BatchInfo {
  std::uint64_t sequence;  // number of the batch; the writer's first is 0
  std::uint64_t rows;
  std::uint64_t bytes;       // of the slot, an Arrow IPC file
  std::uint64_t commit_ns;   // CLOCK_REALTIME at commit
  std::optional<Loss> lost;  // just before this batch
  bool leased;               // read in place; false: its bytes were copied out of the ring
};

using WriterStats = qads_writer_stats;
using ReaderStats = qads_reader_stats;

}  // namespace qads::arrow
