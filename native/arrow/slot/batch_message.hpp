// The metadata of one batch message (Message.fbs), as an IPC writer of this process wrote it, with the
// numbers that can be changed in place.
#pragma once

#include <cstdint>

#include "ipc/flatbuffer.hpp"

namespace qads::ipc {

class BatchMessage {
 public:
  struct Buffer {
    uint64_t offset;  // in the body
    uint64_t length;
  };

  /// Borrows `metadata`, and changes it through the setters. Throws std::runtime_error if it is no batch.
  BatchMessage(uint8_t* metadata, uint32_t length);

  /// Of a dictionary batch otherwise.
  bool is_record_batch() const noexcept { return is_record_batch_; }
  uint64_t rows() const noexcept { return rows_; }
  uint64_t body_length() const noexcept { return body_length_; }

  uint32_t node_count() const noexcept { return nodes_.count; }
  uint64_t node_rows(uint32_t index) const noexcept;

  uint32_t buffer_count() const noexcept { return buffers_.count; }
  Buffer buffer(uint32_t index) const noexcept;
  void set_buffer(uint32_t index, Buffer buffer) noexcept;
  /// Fewer than there were.
  void set_buffer_count(uint32_t count) noexcept;

  uint32_t variadic_count() const noexcept { return variadic_.count; }
  uint64_t variadic(uint32_t index) const noexcept;
  void set_variadic(uint32_t index, uint64_t buffers) noexcept;

  /// A body without bytes may have no field for its length; then `length` is 0 and nothing is stored.
  void set_body_length(uint64_t length) noexcept;

 private:
  uint8_t* metadata_;
  Span nodes_, buffers_, variadic_;
  uint32_t body_length_at_ = 0;
  uint64_t body_length_ = 0;
  uint64_t rows_ = 0;
  bool is_record_batch_ = false;
};

/// Ends the attempt to use what the IPC writer of this process wrote.
[[noreturn]] void refuse_ipc(const char* what);

}  // namespace qads::ipc
