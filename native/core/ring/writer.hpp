// The writer of an arena: claim bytes of the ring, fill them, commit or abort.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/layout/arena.hpp"
#include "core/lease/exit_guard.hpp"
#include "core/segment/ring_view.hpp"
#include "core/segment/segment.hpp"
#include "core/wake/bell.hpp"
#include "one_schema.hpp"
#include "reclaimer.hpp"

namespace qads {

struct WriterOptions {
  ArenaOptions arena;
  std::uint32_t spin_micros = 0;
};

enum class ClaimStatus { claimed, would_block, dropped };

struct Claim {
  ClaimStatus status = ClaimStatus::would_block;
  std::uint8_t* data = nullptr;  // writable, contiguous; null unless claimed
  std::uint64_t offset = 0;      // of data in the doubly mapped ring
  std::uint64_t length = 0;
};

struct WriterStats {
  std::uint64_t batches, bytes, dropped_newest, dropped_oldest, waits, wait_ns, reaped, evictions;
  std::uint64_t readers, joins, unread, in_ring;
};

/// One thread at a time.
class RingWriter {
 public:
  /// Throws name_invalid, invalid_argument, writer_exists, not_an_arena, no_space, permission.
  static std::unique_ptr<RingWriter> create(const std::string& name, const WriterOptions& options);
  /// As drop().
  ~RingWriter();
  RingWriter(const RingWriter&) = delete;
  RingWriter& operator=(const RingWriter&) = delete;

  const std::string& name() const noexcept { return segment_.name(); }
  const SharedMemoryHeader& header() const noexcept { return segment_.header(); }
  /// The ring, mapped twice back to back; valid until the writer is destroyed.
  std::uint8_t* ring() const noexcept { return ring_.base(); }

  /// Reserves `bytes`, without waiting. What happens when the ring is full is the arena's policy; would_block
  /// also means that a held batch is being moved out of the way. Throws batch_too_large, full, closed,
  /// forked, invalid_argument.
  [[nodiscard]] Claim try_claim(std::uint64_t bytes);
  /// Waits for space: spins, then sleeps. would_block after the deadline.
  [[nodiscard]] Claim claim(std::uint64_t bytes, Deadline deadline);
  /// Publishes the first `bytes` of the claim; returns the batch's sequence. Throws schema_mismatch (the
  /// claim is given back) if the arena allows one schema and the batch has not the columns of the first one:
  /// where the fingerprints differ, their schema messages are compared (see schema_difference).
  std::uint64_t commit(std::uint64_t bytes, std::uint64_t rows, std::uint64_t fingerprint);
  /// Gives the claim back. Harmless without one.
  void abort_claim() noexcept { claimed_length_ = 0; }

  /// Asks readers to wake this writer when the last claim that would block may succeed. False: claim again at
  /// once.
  [[nodiscard]] bool arm_space(WakeBy how, std::uint64_t bell_id);
  /// The same for "every attached reader has read everything"; with `need_reader`, and one ever came.
  [[nodiscard]] bool arm_drained(WakeBy how, std::uint64_t bell_id, bool need_reader);
  /// The same for "a reader has ever attached".
  [[nodiscard]] bool arm_reader(WakeBy how, std::uint64_t bell_id);
  void disarm() noexcept;
  /// Waits until drained; false after the deadline.
  [[nodiscard]] bool wait_drained(bool need_reader, Deadline deadline);
  /// Waits until a reader has ever attached; false after the deadline.
  [[nodiscard]] bool wait_reader(Deadline deadline);

  /// Marks the clean end; readers see it after the last batch. Idempotent; nothing after abort().
  void end();
  /// Readers fail with `reason` after the last batch. Nothing after end(). Accepts the loss.
  void abort(const std::string& given);
  /// For the callers who know that batches go with this writer that nobody reads: no warning tells of it.
  void accept_loss() noexcept { loss_accepted_ = true; }
  /// Ends the arena if it is open and detaches. Idempotent.
  void close() noexcept;
  /// Aborts the arena if it is open, because half of the data must not look like all of it, and detaches.
  /// Idempotent.
  void drop() noexcept;
  /// Detaches without ending: readers see that the writer died. For a process that exits without close().
  void abandon() noexcept;
  bool closed() const noexcept { return closed_; }
  /// After close() or abandon(), for those who may still write to ring(): it is private memory of zeros from
  /// here on.
  void withdraw_ring() noexcept { ring_.withdraw(); }

  WriterStats stats();

 private:
  RingWriter(SharedSegment segment, const WriterOptions& options);

  void check_usable() const;
  void check_open() const;
  void set_state(ArenaState state) noexcept;
  void set_aborted(std::string_view reason) noexcept;
  void wake_readers() noexcept;
  void wake_reader(std::uint32_t index) noexcept;
  template <typename StillBlocked>
  bool arm(WakeBy how, std::uint64_t bell_id, std::uint64_t wanted, StillBlocked&& still_blocked);
  void sleep(Deadline deadline) noexcept;
  template <typename Arm>
  bool wait(Deadline deadline, Arm&& arm);
  bool drained(bool need_reader);
  void leave() noexcept;
  void warn_of_loss() const noexcept;

  SharedSegment segment_;
  RingView ring_;
  Reclaimer reclaimer_;
  BellRinger ringer_;
  const std::uint32_t spin_micros_;
  std::uint64_t next_ = 0;        // sequence of the next batch
  std::uint64_t tail_ = 0;        // position after the last batch
  std::uint64_t blocked_on_ = 0;  // the last claim waits until sequences below this are gone
  std::uint64_t claimed_position_ = 0;
  std::uint64_t claimed_length_ = 0;
  std::uint64_t admitted_bell_ = 0;
  OneSchema one_schema_;
  bool open_ = true;
  bool closed_ = false;
  bool loss_accepted_ = false;
  ExitGuard exit_guard_;
};

}  // namespace qads
