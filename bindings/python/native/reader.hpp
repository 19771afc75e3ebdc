#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <string>

#include "bell.hpp"
#include "qadataswap.h"
#include "turnstile.hpp"

namespace qads::python {

/// What is told of a batch.
struct BatchFacts {
  std::uint64_t sequence = 0;
  std::uint64_t rows = 0;
  std::uint64_t length = 0;
  std::uint64_t commit_ns = 0;
  std::uint64_t lost_first = 0;
  std::uint64_t lost_count = 0;
  bool in_place = false;
};

/// A batch that was taken from the ring, and the lease on its bytes: given back when the object goes, in any
/// thread. Offsets are in the slot, and verified.
struct Slot {
  Slot() = default;
  ~Slot() { qads_lease_release(lease); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  qads_lease* lease = nullptr;
  const std::uint8_t* data = nullptr;
  std::uint64_t length = 0;
  std::uint64_t sequence = 0;
  std::uint64_t schema_begin = 0;  // of the schema message: a stream starts here
  std::uint64_t batch_begin = 0;   // of the record batch message
  std::uint64_t dictionaries = 0;
  std::uint32_t schema_id = 0;
  bool has_metadata = false;  // the batch has custom metadata of its own
};

/// The C ABI's reader for Python: any thread, waits that release the GIL.
class Reader {
 public:
  Reader(const std::string& name, std::int64_t from, std::uint32_t spin_micros);
  ~Reader() { qads_reader_free(handle_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// The next batch as a Slot; None after the end; False when none came within `seconds` (negative: never).
  nanobind::object next(double seconds);
  /// Of the batch that next() gave last: (sequence, rows, length, commit_ns, lost_first, lost_count,
  /// in_place), or None.
  nanobind::object last() const;
  /// (first, count) of what was lost before the last batch, or before the end; once. Or None.
  nanobind::object take_loss();
  /// True: nothing is ready, and the bell will ring; false: try again.
  bool arm(const Bell& bell);
  void disarm();
  std::uint64_t lag();
  void close();
  nanobind::dict stats();

 private:
  qads_reader* handle_ = nullptr;
  Turnstile turnstile_;
  // Under the GIL.
  BatchFacts last_;
  bool has_last_ = false;
  bool ended_ = false;
  std::uint64_t lost_first_ = 0;
  std::uint64_t lost_count_ = 0;
};

}  // namespace qads::python
