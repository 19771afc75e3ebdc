// Entries of the reader table whose process died, and what the arena keeps when the last reader is gone.
// Everything here wants the membership lock: without it readers join and leave meanwhile.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>

#include "segment.hpp"

namespace qads {

struct DeadReaders {
  std::bitset<kMaxReaders> entries;            // by index
  std::optional<std::uint64_t> lowest_cursor;  // of those that were reading
  bool others_attached = false;                // somebody alive reads, or is about to
};

constexpr bool is_attached(ReaderState state) noexcept {
  return state == ReaderState::live || state == ReaderState::joining;
}

/// An entry that this descriptor holds the lock of looks dead: `own` is left out of the search.
DeadReaders find_dead_readers(const SharedSegment& segment, std::optional<std::uint32_t> own = std::nullopt);

/// With no reader attached: keeps what lies at `cursor` and above. To be followed by a count in `departures`
/// if somebody else than the writer frees entries after it.
void store_floor(const SharedSegment& segment, std::uint64_t cursor) noexcept;

/// The dead count no longer as readers: their cursors move the floor no more when the writer finds them.
void disregard(const SharedSegment& segment, const DeadReaders& dead) noexcept;

}  // namespace qads
