#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "qadataswap/arrow/error.hpp"
#include "qadataswap/arrow/info.hpp"

namespace qads::arrow {

/// The longest that a call waits. Negative waits for ever, 0 never.
using Timeout = std::chrono::milliseconds;
/// The default of every wait.
inline constexpr Timeout kForever{-1};

/// What a writer does when the ring is full.
enum class OnFull : std::uint32_t {
  block = QADS_BLOCK,  ///< waits for the slowest reader; nothing is lost, also before the first came
  drop_oldest = QADS_DROP_OLDEST,  ///< unread batches of slow readers go; each is told exactly which
  drop_newest = QADS_DROP_NEWEST,  ///< the new batch is not written, and counted
  error = QADS_FAIL,               ///< the write fails with QADS_ERR_FULL
};

/// How an arena is made.
struct WriterOptions {
  std::uint64_t capacity = std::uint64_t{64} << 20;  ///< bytes of the data ring, rounded up to whole pages
  std::uint32_t slots = 1024;                        ///< batches that may be in the ring at once
  std::uint32_t max_readers = 32;                    ///< that may be attached at once, 1 to 512
  OnFull on_full = OnFull::block;                    ///< what happens when the ring is full
  /// Permission bits of the segment: a group, or all, may read and write, or neither.
  std::uint32_t mode = 0600;
  bool one_schema = false;        ///< refuse a batch whose columns differ from the first one's
  std::uint32_t spin_micros = 0;  ///< microseconds that a wait spins before it sleeps

  /// The capacity in MiB (2^20 bytes). What is no size becomes 0, which the writer refuses.
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

/// A reader starts at a sequence (0 and above), or here: at what is still in the ring.
inline constexpr std::int64_t kFromEarliest = QADS_FROM_EARLIEST;
/// Or with new batches only.
inline constexpr std::int64_t kFromLatest = QADS_FROM_LATEST;

/// What is verified of a batch before it is read.
enum class Verify : std::uint32_t {
  automatic = QADS_VERIFY_AUTO,     ///< values, if another user made the arena or may write to it
  metadata = QADS_VERIFY_METADATA,  ///< every number of the metadata
  values =
      QADS_VERIFY_VALUES,  ///< offsets, views, dictionary indices, type ids, run ends, null counts, UTF-8 too
};

/// What a reader does when the writer of its arena has gone and everything was read.
enum class Reconnect {
  never,          ///< the end is the end, and a death or an abort is an error
  after_failure,  ///< where the writer died or aborted, it waits for the next arena of the name
  always,         ///< it waits for the next arena in any case, and never ends
};

/// How a reader attaches, and what it is told.
struct ReaderOptions {
  std::int64_t from = kFromEarliest;  ///< a sequence, kFromEarliest or kFromLatest
  Timeout wait{0};                    ///< for an arena that does not exist yet
  std::uint32_t spin_micros = 0;      ///< microseconds that a wait spins before it sleeps
  Verify verify = Verify::automatic;  ///< what is verified of a batch
  std::function<void(const Loss&)>
      on_loss;  ///< told before the batch that follows is returned; must not throw
  /// An arena that was left is never read again, though its name stays while others drain it. The next one is
  /// read from its beginning.
  Reconnect reconnect = Reconnect::never;
  /// Told why a writer is left (null: it ended), before the wait for the next one; must not throw.
  std::function<void(const Error* why)> on_reconnect;
};

}  // namespace qads::arrow
