// What the fuzzer, the flips and the tests of the slot verifier share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "ipc/layout.hpp"

namespace qads::test {

using Bytes = std::vector<std::uint8_t>;
using Layout = std::vector<double>;

inline Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// For each byte of the slot whether it belongs to the body of a message.
inline std::vector<bool> bytes_of_bodies(const Layout& layout, std::size_t length) {
  std::vector<bool> body(length, false);
  const double* words = layout.data() + kLayoutWords;
  for (double left = layout[kLayoutDictionaryBatches]; left >= 0; --left) {
    const auto begin = body.begin() + static_cast<std::ptrdiff_t>(words[kBlockBodyOffset]);
    std::fill(begin, begin + static_cast<std::ptrdiff_t>(words[kBlockBodyLength]), true);
    words += block_words(words);
  }
  return body;
}

/// Where the footer has four bytes that nothing reads, between the lengths of the record batch: a slot that
/// differs there is another one of the same schema, footer and layout. 0 when the place is not found.
inline std::size_t padding_in_footer(const std::uint8_t* slot, const Layout& layout, std::size_t length) {
  const double* words = layout.data() + kLayoutWords;
  for (double left = layout[kLayoutDictionaryBatches]; left > 0; --left) words += block_words(words);
  const auto start = static_cast<std::int64_t>(words[kBlockMetadataOffset]) - 8;
  const auto metadata_length = static_cast<std::int32_t>(words[kBlockMetadataLength]) + 8;
  const auto body_length = static_cast<std::int64_t>(words[kBlockBodyLength]);
  for (std::size_t at = length - 24; at > 0; --at) {
    if (std::memcmp(slot + at, &start, 8) == 0 && std::memcmp(slot + at + 8, &metadata_length, 4) == 0 &&
        std::memcmp(slot + at + 16, &body_length, 8) == 0) {
      return at + 12;
    }
  }
  return 0;
}

/// Whether every place that the layout names lies inside of `length` bytes, and every number is a whole one
/// below 2^53.
inline bool stays_inside(const Layout& layout, std::size_t length) {
  for (const double word : layout) {
    if (!(word > -9007199254740992.0 && word < 9007199254740992.0) ||
        word != static_cast<double>(static_cast<std::int64_t>(word))) {
      return false;
    }
  }
  const auto inside = [length](double offset, double size) {
    return offset >= 0 && size >= 0 && offset + size <= static_cast<double>(length);
  };
  const double* words = layout.data() + kLayoutWords;
  for (double left = layout[kLayoutDictionaryBatches]; left >= 0; --left) {
    if (!inside(words[kBlockMetadataOffset], words[kBlockMetadataLength])) return false;
    if (!inside(words[kBlockBodyOffset], words[kBlockBodyLength])) return false;
    const double* buffer = words + kBlockWords + 2 * static_cast<std::size_t>(words[kBlockNodes]);
    for (double i = 0; i < words[kBlockBuffers]; ++i, buffer += 2) {
      if (!inside(buffer[0], buffer[1])) return false;
    }
    words += block_words(words);
  }
  return words == layout.data() + layout.size();
}

}  // namespace qads::test
