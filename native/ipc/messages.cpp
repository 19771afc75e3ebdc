#include "messages.hpp"

#include <algorithm>
#include <cstring>

#include "batch.hpp"
#include "layout.hpp"

namespace qads {

void put_messages(const MessageBytes& messages, const std::vector<double>& layout, uint8_t* copy) noexcept {
  const uint8_t* next = messages.data;
  const auto put = [&](double offset, double length) {
    const auto bytes = static_cast<size_t>(length) + ipc::kMessagePrefixBytes;
    std::memcpy(copy + static_cast<size_t>(offset) - ipc::kMessagePrefixBytes, next, bytes);
    next += bytes;
  };
  put(layout[kLayoutSchemaOffset], layout[kLayoutSchemaLength]);
  const double* block = layout.data() + kLayoutWords;
  for (double left = layout[kLayoutDictionaryBatches]; left >= 0; --left) {
    put(block[kBlockMetadataOffset], block[kBlockMetadataLength]);
    block += block_words(block);
  }
}

namespace ipc {
namespace {

// What one slot with huge metadata needed is not kept for all that follow.
constexpr size_t kMaxKeptWords = (1u << 20) / sizeof(uint64_t);

}  // namespace

void MessageCopies::begin(uint32_t schema_length) {
  if (words_.size() > kMaxKeptWords) words_ = {};
  used_ = 0;
  grow(schema_length);
}

const uint8_t* MessageCopies::add(const uint8_t* slot, const Message& message) {
  uint8_t* const metadata = grow(message.metadata_length);
  std::memcpy(metadata, slot + message.metadata_offset, message.metadata_length);
  return metadata;
}

uint8_t* MessageCopies::grow(uint32_t metadata_length) {
  last_ = used_ + kMessagePrefixBytes;
  const size_t end = last_ + metadata_length;
  const size_t words = (end + sizeof(uint64_t) - 1) / sizeof(uint64_t);
  if (words_.size() < words) words_.resize(std::max(words, 2 * words_.size()));
  const uint64_t prefix = message_prefix(metadata_length);
  std::memcpy(bytes() + used_, &prefix, sizeof prefix);
  used_ = end;
  return bytes() + last_;
}

MessageBytes MessageCopies::complete(const std::vector<uint8_t>& schema) noexcept {
  std::memcpy(bytes() + kMessagePrefixBytes, schema.data(), schema.size());
  return {bytes(), used_};
}

}  // namespace ipc
}  // namespace qads
