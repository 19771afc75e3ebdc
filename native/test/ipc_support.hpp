// What the tests of the slot verifier share: the corpus, and changing the numbers of a slot where they stand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/slot_file.hpp"
#include "ipc/layout.hpp"
#include "ipc/verify.hpp"
#include "testing.hpp"

namespace qads::test {

inline const std::filesystem::path kCorpus = QADS_CORPUS_DIR;

/// The slots of a folder of the corpus, sorted by name.
inline std::vector<std::filesystem::path> slots_in(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus / folder)) {
    if (entry.path().extension() == ".arrow") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

inline Bytes corpus_slot(const std::string& name) {
  Bytes bytes = read_file(kCorpus / "ipc" / (name + ".arrow"));
  REQUIRE(!bytes.empty());
  return bytes;
}

/// A copy of exactly the slot's size on the heap, so that AddressSanitizer sees a step outside.
class Exact {
 public:
  explicit Exact(const Bytes& bytes) : Exact(bytes, bytes.size()) {}
  Exact(const Bytes& bytes, std::size_t size) : size_(size), data_(new std::uint8_t[size]) {
    std::copy_n(bytes.begin(), size, data_.get());
  }
  std::uint8_t* data() { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  std::unique_ptr<std::uint8_t[]> data_;
};

struct Verified {
  VerifyResult result;
  Layout layout;

  std::string reason() const { return result.reason == nullptr ? "" : result.reason; }
};

inline Verified verify(const Bytes& bytes) {
  Exact copy(bytes);
  SlotVerifier verifier;
  Verified verified;
  verified.result = verifier.verify(copy.data(), copy.size(), verified.layout);
  return verified;
}

/// Why verify_values refuses the slot; empty when it does not.
inline std::string reason_of_values(const Bytes& bytes) {
  Exact copy(bytes);
  SlotVerifier verifier;
  Layout layout;
  REQUIRE(verifier.verify(copy.data(), copy.size(), layout).ok());
  const VerifyResult result = verifier.verify_values(copy.data(), layout);
  return result.reason == nullptr ? "" : result.reason;
}

/// One batch of the layout, with the places of its numbers in the slot.
class Block {
 public:
  Block(Bytes& slot, const double* words) : slot_(slot), words_(words) {}

  std::uint64_t word(std::size_t index) const { return static_cast<std::uint64_t>(words_[index]); }
  std::size_t nodes() const { return word(kBlockNodes); }
  std::size_t buffers() const { return word(kBlockBuffers); }

  /// Where the values of buffer `index` start in the slot.
  std::size_t buffer_offset(std::size_t index) const { return word(kBlockWords + 2 * nodes() + 2 * index); }

  void set_rows(std::int64_t rows) {
    replace(kAlone, {static_cast<std::int64_t>(word(kBlockRows))}, 0, rows);
  }
  void set_dictionary_id(std::int64_t id) {
    replace(kAlone, {static_cast<std::int64_t>(words_[kBlockDictionaryId])}, 0, id);
  }
  void set_node_length(std::size_t index, std::int64_t value) {
    replace(nodes(), node_words(), 2 * index, value);
  }
  void set_node_nulls(std::size_t index, std::int64_t value) {
    replace(nodes(), node_words(), 2 * index + 1, value);
  }
  void set_buffer_offset(std::size_t index, std::int64_t value) {
    replace(buffers(), buffer_words(), 2 * index, value);
  }
  void set_buffer_length(std::size_t index, std::int64_t value) {
    replace(buffers(), buffer_words(), 2 * index + 1, value);
  }

  void set_variadic_count(std::int64_t value) {
    const double count = words_[block_words(words_) - 1];
    replace(word(kBlockVariadicCounts), {static_cast<std::int64_t>(count)}, 0, value);
  }

  /// Stores a value of the body.
  template <typename T>
  void set_value(std::size_t buffer, std::size_t index, T value) {
    std::memcpy(slot_.data() + buffer_offset(buffer) + index * sizeof(T), &value, sizeof value);
  }

 private:
  std::vector<std::int64_t> node_words() const {
    std::vector<std::int64_t> words;
    for (std::size_t i = 0; i < 2 * nodes(); ++i)
      words.push_back(static_cast<std::int64_t>(words_[kBlockWords + i]));
    return words;
  }

  std::vector<std::int64_t> buffer_words() const {
    std::vector<std::int64_t> words;
    for (std::size_t i = 0; i < buffers(); ++i) {
      words.push_back(static_cast<std::int64_t>(buffer_offset(i) - word(kBlockBodyOffset)));
      words.push_back(static_cast<std::int64_t>(words_[kBlockWords + 2 * nodes() + 2 * i + 1]));
    }
    return words;
  }

  static constexpr std::size_t kAlone = SIZE_MAX;

  // A vector stands in the metadata as its count and its numbers; a lone number as itself.
  void replace(std::size_t count, const std::vector<std::int64_t>& words, std::size_t index,
               std::int64_t value) {
    const std::size_t begin = word(kBlockMetadataOffset);
    const std::size_t end = begin + word(kBlockMetadataLength);
    for (std::size_t at = begin; at + 8 * words.size() <= end; at += 4) {
      if (std::memcmp(slot_.data() + at, words.data(), 8 * words.size()) != 0) continue;
      if (count != kAlone && std::memcmp(slot_.data() + at - 4, &count, 4) != 0) continue;
      std::memcpy(slot_.data() + at + 8 * index, &value, 8);
      return;
    }
    REQUIRE(!"the numbers are not in the metadata");
  }

  Bytes& slot_;
  const double* words_;
};

/// Block `index` of the layout, dictionary batches first; the record batch comes last.
inline Block block_of(Bytes& slot, const Layout& layout, std::size_t index) {
  const double* words = layout.data() + kLayoutWords;
  for (; index > 0; --index) words += block_words(words);
  return Block(slot, words);
}

/// The table or vector that the FlatBuffers offset at `at` points to. For sound slots only.
inline std::size_t follow(const Bytes& slot, std::size_t at) {
  std::uint32_t offset;
  std::memcpy(&offset, slot.data() + at, 4);
  return at + offset;
}

inline std::size_t field_position(const Bytes& slot, std::size_t table, std::size_t index) {
  std::int32_t back;
  std::uint16_t offset;
  std::memcpy(&back, slot.data() + table, 4);
  std::memcpy(&offset, slot.data() + (static_cast<std::int64_t>(table) - back) + 4 + 2 * index, 2);
  return table + offset;
}

inline void store(Bytes& slot, std::size_t at, std::size_t value) {
  const auto word = static_cast<std::uint32_t>(value);
  std::memcpy(slot.data() + at, &word, 4);
}

inline std::size_t find_last(const Bytes& slot, const std::string& text) {
  const Bytes bytes(text.begin(), text.end());
  const auto at = std::find_end(slot.begin(), slot.end(), bytes.begin(), bytes.end());
  REQUIRE(at != slot.end());
  return static_cast<std::size_t>(at - slot.begin());
}

}  // namespace qads::test
