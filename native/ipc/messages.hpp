#pragma once

// The messages of a slot as they were verified: the schema message, the dictionary batches and the record
// batch, one after another, each with its 8-byte prefix and without its body. Private, so that whoever parses
// them parses what was checked, whatever a peer has made of the slot meanwhile.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace qads {

struct MessageBytes {
  const uint8_t* data = nullptr;
  size_t length = 0;
};

/// Writes `messages` to their places in a copy of the slot that `layout` describes.
void put_messages(const MessageBytes& messages, const std::vector<double>& layout, uint8_t* copy) noexcept;

namespace ipc {

struct Message;

/// The first word of a message: the continuation marker and the length of its metadata.
inline constexpr uint32_t kContinuation = 0xFFFFFFFFu;
inline constexpr uint64_t kMessagePrefixBytes = 8;
inline uint64_t message_prefix(uint32_t metadata_length) noexcept {
  return kContinuation | uint64_t{metadata_length} << 32;
}

/// Where the verifier copies a slot's messages to, and checks them.
class MessageCopies {
 public:
  /// Forgets what was there, and leaves room for a schema message. Throws std::bad_alloc only, as does add().
  void begin(uint32_t schema_length);
  /// Copies a message's metadata out of the slot. Valid until the next add() or begin().
  const uint8_t* add(const uint8_t* slot, const Message& message);
  /// The metadata that was added last.
  [[nodiscard]] const uint8_t* last() const noexcept { return bytes() + last_; }
  /// All messages. `schema` is the metadata that the room was left for. Valid until the next begin().
  MessageBytes complete(const std::vector<uint8_t>& schema) noexcept;

 private:
  [[nodiscard]] uint8_t* bytes() noexcept { return reinterpret_cast<uint8_t*>(words_.data()); }
  [[nodiscard]] const uint8_t* bytes() const noexcept {
    return reinterpret_cast<const uint8_t*>(words_.data());
  }
  uint8_t* grow(uint32_t metadata_length);

  std::vector<uint64_t> words_;
  size_t used_ = 0;  // bytes
  size_t last_ = 0;
};

}  // namespace ipc
}  // namespace qads
