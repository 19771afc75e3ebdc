// Checks of the header and of slots: against accidents and stray writes, not against forgery.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace qads {

/// One round of the finaliser of MurmurHash3 (Appleby), which flips every output bit with probability 1/2.
inline std::uint64_t mix64(std::uint64_t x) noexcept {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdull;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ull;
  return x ^ (x >> 33);
}

/// Any change of any word changes the result; the order of the words counts. Each word is multiplied by an
/// odd number of its own, so that no product waits for another.
inline std::uint64_t checksum_words(const std::uint64_t* words, std::size_t count) noexcept {
  std::uint64_t sum = 0x51414453u;
  for (std::size_t i = 0; i < count; ++i) sum += words[i] * (0x9E3779B97F4A7C15ull * (2 * i + 1));
  return mix64(sum);
}

inline std::uint64_t checksum_bytes(const void* bytes, std::size_t length) noexcept {
  std::uint64_t words[32] = {};
  std::memcpy(words, bytes, length < sizeof words ? length : sizeof words);
  return checksum_words(words, (length + 7) / 8);
}

}  // namespace qads
