#include "hash.hpp"

#include <cstring>

namespace qads {
namespace {

constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87u;
constexpr uint64_t kPrime2 = 0xC2B2AE3D27D4EB4Fu;
constexpr uint64_t kPrime3 = 0x165667B19E3779F9u;
constexpr uint64_t kPrime4 = 0x85EBCA77C2B2AE63u;
constexpr uint64_t kPrime5 = 0x27D4EB2F165667C5u;

inline uint64_t rotate(uint64_t value, int bits) noexcept { return (value << bits) | (value >> (64 - bits)); }

inline uint64_t lane64(const uint8_t* p) noexcept {
  uint64_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

inline uint64_t lane32(const uint8_t* p) noexcept {
  uint32_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

inline uint64_t round(uint64_t accumulator, uint64_t lane) noexcept {
  return rotate(accumulator + lane * kPrime2, 31) * kPrime1;
}

inline uint64_t merge(uint64_t accumulator, uint64_t lane_accumulator) noexcept {
  return (accumulator ^ round(0, lane_accumulator)) * kPrime1 + kPrime4;
}

}  // namespace

uint64_t hash64(const void* bytes, size_t length) noexcept {
  const auto* p = static_cast<const uint8_t*>(bytes);
  const uint8_t* const end = p + length;
  uint64_t hash = kPrime5;
  if (length >= 32) {
    uint64_t a = kPrime1 + kPrime2, b = kPrime2, c = 0, d = 0 - kPrime1;
    for (; end - p >= 32; p += 32) {
      a = round(a, lane64(p));
      b = round(b, lane64(p + 8));
      c = round(c, lane64(p + 16));
      d = round(d, lane64(p + 24));
    }
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    hash = merge(merge(merge(merge(hash, a), b), c), d);
  }
  hash += length;
  for (; end - p >= 8; p += 8) hash = rotate(hash ^ round(0, lane64(p)), 27) * kPrime1 + kPrime4;
  if (end - p >= 4) {
    hash = rotate(hash ^ (lane32(p) * kPrime1), 23) * kPrime2 + kPrime3;
    p += 4;
  }
  for (; p != end; ++p) hash = rotate(hash ^ (*p * kPrime5), 11) * kPrime1;
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

}  // namespace qads
