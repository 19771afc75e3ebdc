#include "core/base/stream_copy.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "random.hpp"
#include "testing.hpp"

namespace {

constexpr std::uint8_t kUntouched = 0xAB;
constexpr std::size_t kMargin = 70;

bool untouched(const std::uint8_t* bytes, std::size_t count) {
  return std::all_of(bytes, bytes + count, [](std::uint8_t byte) { return byte == kUntouched; });
}

}  // namespace

TEST_CASE(
    "a streamed copy writes the bytes it was given, and nothing around them, at any length and alignment") {
  qads::test::Random random(20261122);
  for (int round = 0; round < 300; ++round) {
    const std::size_t from = random.below(kMargin);
    const std::size_t to = random.below(kMargin);
    const std::size_t length = random.chance(50)
                                   ? random.between(qads::kStreamCopyMin - 70, qads::kStreamCopyMin + 70)
                                   : random.below(4 * qads::kStreamCopyMin);
    std::vector<std::uint8_t> source(from + length);
    for (std::uint8_t& byte : source) byte = static_cast<std::uint8_t>(random.next());
    std::vector<std::uint8_t> target(to + length + kMargin, kUntouched);
    qads::stream_copy(target.data() + to, source.data() + from, length);
    CHECK(untouched(target.data(), to));
    CHECK(std::equal(source.data() + from, source.data() + from + length, target.data() + to));
    CHECK(untouched(target.data() + to + length, kMargin));
  }
}
