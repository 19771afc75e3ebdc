// Scans of the reader table that no reader left during.
#pragma once

#include <cstdint>

#include "core/layout/arena.hpp"

namespace qads {

/// All readers may leave, and as many others after them, while the writer scans. More than that is a broken
/// peer that counts up for ever, and no reason to scan for ever.
inline constexpr std::uint32_t kMostScans = 2 * kMaxReaders + 1;

/// Runs `scan` until `departures` stood still meanwhile. False if it never did: what was seen means nothing.
template <typename Scan>
[[nodiscard]] bool scan_while_still(const Word32& departures, Scan&& scan) noexcept {
  for (std::uint32_t scans = 0; scans < kMostScans; ++scans) {
    const std::uint32_t before = departures.load(std::memory_order_seq_cst);
    scan();
    if (departures.load(std::memory_order_seq_cst) == before) return true;
  }
  return false;
}

}  // namespace qads
