// What native tests of the ring share.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/layout/name.hpp"
#include "core/segment/info.hpp"

namespace qads::test {

/// A name no other test uses.
inline std::string unique_name() {
  static std::atomic<int> counter{0};
  return "test-" + std::to_string(getpid()) + "-" + std::to_string(counter.fetch_add(1));
}

/// The eight bytes at `word` * 8 of the batch that `seed` fills.
inline std::uint64_t word_at(std::uint64_t seed, std::uint64_t word) {
  const std::uint64_t mixed = (seed * 0xD6E8FEB86659FD93ull + word + 1) * 0x9E3779B97F4A7C15ull;
  return mixed ^ (mixed >> 32);
}

/// Bytes that only batch `seed` has, different at every place.
inline void fill(std::uint8_t* data, std::uint64_t length, std::uint64_t seed) {
  std::uint64_t at = 0;
  for (; at + 8 <= length; at += 8) {
    const std::uint64_t word = word_at(seed, at / 8);
    std::memcpy(data + at, &word, 8);
  }
  const std::uint64_t last = word_at(seed, at / 8);
  if (at < length) std::memcpy(data + at, &last, length - at);
}

inline bool is_filled(const std::uint8_t* data, std::uint64_t length, std::uint64_t seed) {
  std::uint64_t at = 0;
  for (; at + 8 <= length; at += 8) {
    const std::uint64_t word = word_at(seed, at / 8);
    if (std::memcmp(data + at, &word, 8) != 0) return false;
  }
  const std::uint64_t last = word_at(seed, at / 8);
  return at >= length || std::memcmp(data + at, &last, length - at) == 0;
}

/// Arenas whose name starts so.
inline std::vector<std::string> list_arena_names_with(const std::string& prefix) {
  std::vector<std::string> found;
  for (const std::string& name : list_arena_names()) {
    if (name.compare(0, prefix.size(), prefix) == 0) found.push_back(name);
  }
  return found;
}

/// Waits for a condition that must come; false when it has not come in a time that no machine is too slow
/// for.
template <typename Condition>
bool eventually(Condition&& condition) {
  const Deadline deadline = Deadline::after_ms(60'000);
  for (useconds_t pause = 50; !condition(); pause = pause < 5000 ? pause * 2 : 5000) {
    if (deadline.passed()) return false;
    usleep(pause);
  }
  return true;
}

}  // namespace qads::test
