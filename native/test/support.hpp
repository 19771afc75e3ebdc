// What native tests of the ring share.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "core/arena_name.hpp"

namespace qads::test {

/// A name no other test uses.
inline std::string unique_name() {
  static std::atomic<int> counter{0};
  return "test-" + std::to_string(getpid()) + "-" + std::to_string(counter.fetch_add(1));
}

inline std::uint8_t byte_at(std::uint64_t seed, std::uint64_t index) {
  return static_cast<std::uint8_t>((seed * 131 + index) * 0x9E3779B97F4A7C15ull >> 56);
}

/// Bytes that only batch `seed` has.
inline void fill(std::uint8_t* data, std::uint64_t length, std::uint64_t seed) {
  for (std::uint64_t i = 0; i < length; ++i) data[i] = byte_at(seed, i);
}

inline bool is_filled(const std::uint8_t* data, std::uint64_t length, std::uint64_t seed) {
  for (std::uint64_t i = 0; i < length; ++i) {
    if (data[i] != byte_at(seed, i)) return false;
  }
  return true;
}

/// Arenas whose name starts so.
inline std::vector<std::string> list_arena_names_with(const std::string& prefix) {
  std::vector<std::string> found;
  for (const std::string& name : list_arena_names()) {
    if (name.compare(0, prefix.size(), prefix) == 0) found.push_back(name);
  }
  return found;
}

}  // namespace qads::test
