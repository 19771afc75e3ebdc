#include "dead_readers.hpp"

#include <algorithm>

namespace qads {

DeadReaders find_dead_readers(const SharedSegment& segment, std::optional<std::uint32_t> own) {
  DeadReaders dead;
  const std::uint32_t count = segment.readers_in_use();
  for (std::uint32_t i = 0; i < count; ++i) {
    const ReaderEntry& entry = segment.reader(i);
    const auto state = static_cast<ReaderState>(entry.state.load(std::memory_order_seq_cst));
    if (state == ReaderState::free || i == own) continue;
    if (segment.reader_alive(i)) {
      dead.others_attached = dead.others_attached || is_attached(state);
      continue;
    }
    dead.entries.set(i);
    if (state != ReaderState::live) continue;
    const std::uint64_t cursor = entry.cursor.load(std::memory_order_relaxed);
    dead.lowest_cursor = std::min(dead.lowest_cursor.value_or(cursor), cursor);
  }
  return dead;
}

void store_floor(const SharedSegment& segment, std::uint64_t cursor) noexcept {
  segment.control().reclaim.floor.store(cursor, std::memory_order_release);
}

void disregard(const SharedSegment& segment, const DeadReaders& dead) noexcept {
  for (std::uint32_t i = 0; i < dead.entries.size(); ++i) {
    if (!dead.entries.test(i)) continue;
    segment.reader(i).state.store(static_cast<std::uint32_t>(ReaderState::leaving),
                                  std::memory_order_seq_cst);
  }
}

}  // namespace qads
