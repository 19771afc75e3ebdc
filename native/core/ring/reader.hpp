// A reader of an arena: peek at the next batch, then either advance past it or take a lease on it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/layout/arena.hpp"
#include "core/layout/slot.hpp"
#include "core/lease/exit_guard.hpp"
#include "core/lease/table.hpp"

namespace qads {

/// Where a reader joins: a sequence, or one of these.
inline constexpr std::int64_t kFromEarliest = -1;
inline constexpr std::int64_t kFromLatest = -2;

/// What is verified of a batch before it is shown. The numbers are those of the C ABI.
enum class Verify : std::uint32_t {
  automatic,  // values, if somebody else can write to the segment
  metadata,
  values,
};

struct ReaderOptions {
  std::int64_t from = kFromEarliest;
  std::uint32_t spin_micros = 0;
  Verify verify = Verify::automatic;
};

/// A batch as it lies in the ring. `data` is valid until advance(), or as long as the lease that take()
/// gives.
struct BatchView {
  const std::uint8_t* data = nullptr;
  std::uint64_t length = 0;
  std::uint64_t sequence = 0;
  std::uint64_t rows = 0;
  std::uint64_t fingerprint = 0;
  std::uint64_t commit_ns = 0;
  /// Sequences that drop-oldest took from this reader just before this batch.
  std::uint64_t lost_first = 0;
  std::uint64_t lost_count = 0;
};

enum class PeekStatus { ready, empty, ended };

struct ReaderStats {
  std::uint64_t batches, bytes, bytes_copied, lost, waits, evacuations;
  std::uint64_t private_bytes;  // of evacuated leases, now
  std::uint64_t leases;         // held now
  std::uint64_t cursor;
};

/// One thread at a time; leases may be released from any.
class RingReader {
 public:
  /// Throws not_found, not_an_arena, incompatible, corrupt, too_many_readers, permission, invalid_argument.
  static std::unique_ptr<RingReader> attach(const std::string& name, const ReaderOptions& options);
  ~RingReader();
  RingReader(const RingReader&) = delete;
  RingReader& operator=(const RingReader&) = delete;

  const std::string& name() const noexcept { return table_->segment().name(); }
  const SharedMemoryHeader& header() const noexcept { return table_->segment().header(); }
  /// Whether values are verified too, beside the metadata.
  bool verifies_values() const noexcept { return verifies_values_; }

  /// Looks at the next batch; asking again without advance() or take() gives the same. Throws writer_died and
  /// writer_aborted after what was published has been read; corrupt for a slot that lies (the next peek goes
  /// on after it); closed; forked.
  [[nodiscard]] PeekStatus peek(BatchView& batch);
  /// Waits for one: spins, then sleeps. `empty` after the deadline.
  [[nodiscard]] PeekStatus wait_peek(BatchView& batch, Deadline deadline);
  /// Copies the peeked batch to private memory if it is a small one, which take() would copy as well: the
  /// copy takes its place, and nobody can change that.
  void copy_small(BatchView& batch);
  /// The peeked batch was copied: `data` is private memory.
  bool peeked_is_copy() const noexcept { return table_->is_aside(batch_.data); }
  /// Done with the peeked batch.
  void advance();
  /// Turns the peeked batch into a lease, which the caller owns until LeaseTable::release.
  [[nodiscard]] Lease* take();

  /// Asks the writer to wake this reader by `how`. False if something is ready: peek again.
  [[nodiscard]] bool arm(WakeBy how, std::uint64_t bell_id);
  void disarm() noexcept;
  /// True while the writer lacks the space of a batch that this reader holds. A bell is rung for it too.
  bool holds_wanted() const noexcept { return !closed_ && table_->holds_wanted(); }

  /// Published sequence minus cursor.
  std::uint64_t lag() const;
  /// After close() the last numbers.
  ReaderStats stats() const;
  void count_copied(std::uint64_t bytes) noexcept;

  /// Detaches; leases stay valid. Idempotent.
  void close() noexcept;
  bool closed() const noexcept { return closed_; }

 private:
  RingReader(std::shared_ptr<LeaseTable> table, const ReaderOptions& options, std::uint64_t start);

  void check_usable() const;
  bool drops_oldest() const noexcept;
  std::uint64_t load_published();
  bool claim_cursor();
  PeekStatus when_idle(bool& again);
  void step_past() noexcept;
  void wake_writer() noexcept;
  bool spin_for_batch();

  std::shared_ptr<LeaseTable> table_;
  const std::uint32_t spin_micros_;
  const bool verifies_values_;
  std::uint64_t expected_;  // next sequence: the reader's own truth; the shared cursor only tells the writer
  std::uint64_t published_ = 0;  // last seen
  std::uint64_t lost_first_ = 0;
  std::uint64_t lost_count_ = 0;
  std::uint64_t next_probe_ns_ = 0;
  std::uint64_t admitted_bell_ = 0;
  ReaderStats last_stats_{};  // the entry is somebody else's after close
  bool claimed_ = false;      // drop-oldest: the cursor is past the peeked batch already, the pin protects it
  bool peeked_ = false;
  bool closed_ = false;
  ExitGuard exit_guard_;
  BatchView batch_{};
};

}  // namespace qads
