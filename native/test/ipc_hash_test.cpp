#include "ipc/hash.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

#include "testing.hpp"

TEST_CASE("hash64 gives the numbers of XXH64 for every kind of length") {
  // From the reference implementation, through Python's xxhash 3: bytes i * 131 + 7.
  const struct {
    std::size_t length;
    std::uint64_t hash;
  } expected[] = {{0, 0xef46db3751d8e999},   {1, 0xa96c7f0ce858bbb7},  {3, 0xbed43740ee6332bb},
                  {4, 0xfa212ae44b3bb23d},   {7, 0x2744460dd675d2c0},  {8, 0x994b676b71ce94dd},
                  {15, 0x9e6451ed2ff8b1d},   {31, 0x6711d55e306b5d8f}, {32, 0x7f7b8e3bc5d6e25},
                  {33, 0x9f85eeb4e1cbe9f},   {63, 0xb7c9968c066cb6a5}, {64, 0x50d4159a0411632e},
                  {100, 0x9ddada11d3dc2d8f}, {1000, 0xbf0bdbcc82eb373}};
  std::vector<std::uint8_t> bytes;
  for (unsigned i = 0; i < 1000; ++i) bytes.push_back(static_cast<std::uint8_t>(i * 131 + 7));
  for (const auto& [length, hash] : expected) CHECK_EQ(qads::hash64(bytes.data(), length), hash);
}

TEST_CASE("hash64 does not mind where the bytes lie") {
  constexpr std::string_view kText = "......................................the same sixty-four bytes";
  std::vector<char> shifted(kText.size() + 8);
  for (std::size_t shift = 0; shift < 8; ++shift) {
    kText.copy(shifted.data() + shift, kText.size());
    CHECK_EQ(qads::hash64(shifted.data() + shift, kText.size()), qads::hash64(kText.data(), kText.size()));
  }
}
