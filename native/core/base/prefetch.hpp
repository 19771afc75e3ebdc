// Hints that a cache line is needed soon: its way from another processor then overlaps with other work. Never
// a decision; any address will do.
#pragma once

#include <cstddef>
#include <cstdint>

namespace qads {

inline void prefetch_to_read(const void* line) noexcept { __builtin_prefetch(line, 0, 3); }
inline void prefetch_to_write(const void* line) noexcept { __builtin_prefetch(line, 1, 3); }
inline void prefetch_to_write(const std::uint8_t* begin, std::size_t length) noexcept {
  for (std::size_t at = 0; at < length; at += 64) prefetch_to_write(begin + at);
}

}  // namespace qads
