#include "batch_message.hpp"

#include <stdexcept>
#include <string>

namespace qads::ipc {
namespace {

constexpr uint32_t kNodeBytes = 16;    // length i64, null count i64
constexpr uint32_t kBufferBytes = 16;  // offset i64, length i64
constexpr uint32_t kCountBytes = 8;

enum MessageField : uint32_t { kHeaderType = 1, kHeader = 2, kBodyLength = 3 };
enum HeaderType : uint8_t { kDictionaryBatch = 2, kRecordBatch = 3 };
enum BatchField : uint32_t { kLength = 0, kNodes = 1, kBuffers = 2, kVariadicCounts = 4 };
enum DictionaryField : uint32_t { kData = 1 };

template <typename T>
void store(uint8_t* to, T value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

}  // namespace

void refuse_ipc(const char* what) {
  throw std::runtime_error(std::string("the Arrow IPC writer of this process wrote something unexpected: ") +
                           what);
}

BatchMessage::BatchMessage(uint8_t* metadata, uint32_t length) : metadata_(metadata) {
  Failure failure;
  FlatBuffer buffer(metadata, length, 0, failure);
  Table root, batch;
  uint8_t type = 0;
  bool present = false;
  const auto read = [&] {
    if (!buffer.root(root) || !buffer.scalar<uint8_t>(root, kHeaderType, 0, type)) return false;
    if (type != kDictionaryBatch && type != kRecordBatch) return buffer.fail("a message that is no batch", 0);
    if (!buffer.field(root, kBodyLength, sizeof(uint64_t), body_length_at_) ||
        !buffer.subtable(root, kHeader, batch, present)) {
      return false;
    }
    if (present && type == kDictionaryBatch) {
      const Table dictionary = batch;
      if (!buffer.subtable(dictionary, kData, batch, present)) return false;
    }
    if (!present) return buffer.fail("a batch message without a batch", 0);
    return buffer.scalar<uint64_t>(batch, kLength, 0, rows_) &&
           buffer.vector(batch, kNodes, kNodeBytes, nodes_) &&
           buffer.vector(batch, kBuffers, kBufferBytes, buffers_) &&
           buffer.vector(batch, kVariadicCounts, kCountBytes, variadic_);
  };
  if (!read()) refuse_ipc(failure.reason);
  is_record_batch_ = type == kRecordBatch;
  if (body_length_at_ != 0) body_length_ = load<uint64_t>(metadata + body_length_at_);
}

uint64_t BatchMessage::node_rows(uint32_t index) const noexcept {
  return load<uint64_t>(metadata_ + nodes_.pos + index * kNodeBytes);
}

BatchMessage::Buffer BatchMessage::buffer(uint32_t index) const noexcept {
  const uint8_t* at = metadata_ + buffers_.pos + index * kBufferBytes;
  return {load<uint64_t>(at), load<uint64_t>(at + 8)};
}

void BatchMessage::set_buffer(uint32_t index, Buffer buffer) noexcept {
  uint8_t* at = metadata_ + buffers_.pos + index * kBufferBytes;
  store(at, buffer.offset);
  store(at + 8, buffer.length);
}

void BatchMessage::set_buffer_count(uint32_t count) noexcept {
  // A vector's count lies before its elements.
  if (buffers_.present) store(metadata_ + buffers_.pos - 4, count);
  buffers_.count = count;
}

uint64_t BatchMessage::variadic(uint32_t index) const noexcept {
  return load<uint64_t>(metadata_ + variadic_.pos + index * kCountBytes);
}

void BatchMessage::set_variadic(uint32_t index, uint64_t buffers) noexcept {
  store(metadata_ + variadic_.pos + index * kCountBytes, buffers);
}

void BatchMessage::set_body_length(uint64_t length) noexcept {
  if (body_length_at_ != 0) store(metadata_ + body_length_at_, length);
}

}  // namespace qads::ipc
