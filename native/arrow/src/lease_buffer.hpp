#pragma once

#include <arrow/buffer.h>

#include "qadataswap.h"

namespace qads::arrow {

/// The bytes of a slot; owns the lease on them. What is sliced from it keeps it.
class LeaseBuffer : public ::arrow::Buffer {
 public:
  /// Made before the lease is taken: nothing that can throw comes between the lease and its owner.
  explicit LeaseBuffer(std::uint64_t length) : Buffer(nullptr, static_cast<std::int64_t>(length)) {}
  ~LeaseBuffer() override { qads_lease_release(lease_); }

  /// Takes the batch that `reader` looks at. The code of qads_reader_take.
  int take(qads_reader* reader) noexcept {
    const std::uint8_t* bytes = nullptr;
    const int code = qads_reader_take(reader, &lease_, &bytes);
    if (code == QADS_OK) data_ = bytes;
    return code;
  }

 private:
  qads_lease* lease_ = nullptr;
};

}  // namespace qads::arrow
