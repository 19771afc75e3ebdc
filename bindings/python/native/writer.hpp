#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <string>

#include "bell.hpp"
#include "qadataswap.h"
#include "slot_encoder.hpp"
#include "turnstile.hpp"

namespace qads::python {

/// The C ABI's writer for Python: any thread, waits that release the GIL.
class Writer {
 public:
  Writer(const std::string& name, std::uint64_t capacity, std::uint32_t slots, std::uint32_t max_readers,
         std::uint32_t on_full, std::uint32_t mode, bool one_schema, std::uint32_t spin_micros);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Writes the planned slot: its sequence, QADS_WOULD_BLOCK after `seconds` (negative: never), or
  /// QADS_DROPPED.
  std::int64_t place(const SlotEncoder& encoder, double seconds);
  /// True while place() would block: the bell will ring; false: try again.
  bool arm(const Bell& bell);
  bool arm_drained(const Bell& bell, bool need_reader);
  void disarm();
  /// False after `seconds`.
  bool wait_drained(bool need_reader, double seconds);

  void end();
  void abort(const std::string& reason);
  /// Unread batches may go with this writer without the warning that tells of it.
  void accept_loss();
  void close();
  nanobind::dict stats();

 private:
  qads_writer* handle_ = nullptr;
  Turnstile turnstile_;
};

}  // namespace qads::python
