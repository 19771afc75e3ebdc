#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "qadataswap/arrow/info.hpp"

namespace qads::arrow {

/// The longest that a call waits. Negative waits for ever, 0 never.
using Timeout = std::chrono::milliseconds;
inline constexpr Timeout kForever{-1};

/// What a writer does when the ring is full.
enum class OnFull : std::uint32_t {
  block = QADS_BLOCK,  // waits for the slowest reader; nothing is lost, also before the first came
  drop_oldest = QADS_DROP_OLDEST,  // unread batches of slow readers go; each is told exactly which
  drop_newest = QADS_DROP_NEWEST,  // the new batch is not written, and counted
  error = QADS_FAIL,               // the write fails with QADS_ERR_FULL
};

struct WriterOptions {
  std::uint64_t capacity = std::uint64_t{64} << 20;  // bytes of the data ring, rounded up to whole pages
  std::uint32_t slots = 1024;                        // batches that may be in the ring at once
  std::uint32_t max_readers = 32;
  OnFull on_full = OnFull::block;
  std::uint32_t mode =
      0600;                 // permission bits of the segment; a group, or all, may read and write, or neither
  bool one_schema = false;  // refuse a batch whose schema differs from the first one's
  std::uint32_t spin_micros = 0;  // a wait spins this long before it sleeps

  /// What is no size becomes 0, which the writer refuses.
  WriterOptions& with_size_mb(double mebibytes) {
    const double bytes = mebibytes * (1 << 20);
    capacity = bytes > 0 && bytes < 9e18 ? static_cast<std::uint64_t>(bytes) : 0;
    return *this;
  }
  /// The number of slots.
  WriterOptions& with_buffer_count(std::uint32_t count) {
    slots = count;
    return *this;
  }
};

/// A reader starts at a sequence (0 and above), or at one of these.
inline constexpr std::int64_t kFromEarliest = QADS_FROM_EARLIEST;  // what is still in the ring
inline constexpr std::int64_t kFromLatest = QADS_FROM_LATEST;      // new batches only

struct ReaderOptions {
  std::int64_t from = kFromEarliest;
  Timeout wait{0};  // for an arena that does not exist yet
  std::uint32_t spin_micros = 0;
  std::function<void(const Loss&)> on_loss;  // told before the batch that follows is returned; must not throw
};

}  // namespace qads::arrow
