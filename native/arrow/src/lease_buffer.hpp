#pragma once

#include <arrow/buffer.h>

#include "qadataswap.h"

namespace qads::arrow {

/// The bytes of a slot; owns the lease on them. What is sliced from it keeps it.
class LeaseBuffer : public ::arrow::Buffer {
 public:
  /// Takes the lease.
  LeaseBuffer(qads_lease* lease, const std::uint8_t* data, std::uint64_t length)
      : Buffer(data, static_cast<std::int64_t>(length)), lease_(lease) {}
  ~LeaseBuffer() override { qads_lease_release(lease_); }

 private:
  qads_lease* lease_;
};

}  // namespace qads::arrow
