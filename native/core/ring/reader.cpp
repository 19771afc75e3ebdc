#include "reader.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstring>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/prefetch.hpp"
#include "core/layout/counters.hpp"
#include "core/layout/sync_points.hpp"
#include "core/segment/info.hpp"
#include "core/wake/bell.hpp"
#include "core/wake/semaphore.hpp"
#include "core/wake/spin.hpp"
#include "joining.hpp"

namespace qads {
namespace {

// How often a waiting reader asks the kernel whether the writer lives. The answer is the kernel's; this is
// only how soon it is heard.
constexpr std::uint64_t kProbeIntervalNs = 20'000'000;
constexpr std::uint64_t kSleepSliceNs = 100'000'000;

/// Whether another user made the segment, or may write to it. An access control list shows in the group's
/// bits.
bool is_open_to_others(const SharedSegment& segment) noexcept {
  struct stat file{};
  return fstat(segment.fd(), &file) != 0 || file.st_uid != geteuid() || (file.st_mode & 077) != 0;
}

}  // namespace

std::unique_ptr<RingReader> RingReader::attach(const std::string& name, const ReaderOptions& options) {
  Joined joined = join_arena(name, options.from);
  std::unique_ptr<RingReader> reader(new RingReader(std::move(joined.table), options, joined.start));
  if (joined.asked_from < joined.start) {
    reader->lost_first_ = joined.asked_from;
    reader->lost_count_ = joined.start - joined.asked_from;
    bump(reader->table_->entry().lost, reader->lost_count_);
  }
  return reader;
}

RingReader::RingReader(std::shared_ptr<LeaseTable> table, const ReaderOptions& options, std::uint64_t start)
    : table_(std::move(table)),
      spin_micros_(options.spin_micros),
      verifies_values_(options.verify == Verify::automatic ? is_open_to_others(table_->segment())
                                                           : options.verify == Verify::values),
      expected_(start),
      published_(start),
      exit_guard_([this] { close(); }) {}

RingReader::~RingReader() { close(); }

void RingReader::check_usable() const {
  table_->segment().check_not_forked();
  if (closed_) fail(Errc::closed, "arena \"%s\": this reader is closed", name().c_str());
}

bool RingReader::drops_oldest() const noexcept {
  return header().on_full == static_cast<std::uint32_t>(OnFull::drop_oldest);
}

std::uint64_t RingReader::load_published() {
  // Pairs with commit_publish: the slot and the bytes of every sequence below are visible.
  const std::uint64_t published =
      table_->segment().control().publish.published.load(std::memory_order_seq_cst);
  const std::uint64_t bound = drops_oldest() ? UINT64_MAX : expected_ + header().slot_count;
  if (published < expected_ || published > bound) {
    fail(Errc::corrupt,
         "arena \"%s\": the writer's published sequence is %" PRIu64 " while this reader is at %" PRIu64
         " of at most %u in flight: another program wrote into the arena",
         name().c_str(), published, expected_, header().slot_count);
  }
  return published_ = published;
}

/// drop-oldest: the writer may move the cursor while this reader looks. Pin, then claim by compare-and-swap;
/// what the writer skipped is counted. False if nothing is left to claim.
bool RingReader::claim_cursor() {
  Word64& cursor = table_->entry().cursor;
  for (;;) {
    std::uint64_t at = cursor.load(std::memory_order_seq_cst);
    if (at < expected_ || at > std::max(published_, load_published())) {
      cursor.store(expected_, std::memory_order_seq_cst);
      fail(Errc::corrupt,
           "arena \"%s\": this reader's cursor was overwritten (%" PRIu64 ", it was at %" PRIu64 ")",
           name().c_str(), at, expected_);
    }
    if (at > expected_) {
      if (lost_count_ == 0) lost_first_ = expected_;
      lost_count_ += at - expected_;
      bump(table_->entry().lost, at - expected_);
      QADS_LOG(debug, "arena=%s reader=%u lost %" PRIu64 " batches from sequence %" PRIu64, name().c_str(),
               table_->index(), at - expected_, expected_);
      expected_ = at;
    }
    if (at >= published_) return false;
    table_->pin_peeked(at);
    sync_point(SyncPoint::acquire_pin);
    // acquire_pin / claim_skip: if this succeeds, the writer's later look at the pin sees it; if the writer
    // came first, this fails.
    if (cursor.compare_exchange_strong(at, at + 1, std::memory_order_seq_cst)) {
      sync_point(SyncPoint::acquire_cursor);
      claimed_ = true;
      return true;
    }
    table_->unpin_peeked();
    sync_point(SyncPoint::release_pin);
    wake_writer();
  }
}

/// The writer may wait for what this reader just gave up: a batch before the cursor, which in drop-oldest the
/// writer itself may have moved on.
void RingReader::wake_writer() noexcept {
  table_->wake_writer(table_->entry().cursor.load(std::memory_order_seq_cst));
}

PeekStatus RingReader::when_idle(bool& again) {
  const SharedSegment& segment = table_->segment();
  const ControlPage& control = segment.control();
  const auto read_state = [&] { return control.publish.state.load(std::memory_order_acquire); };
  std::uint32_t state = read_state();
  bool died = false;
  if (state == static_cast<std::uint32_t>(ArenaState::open)) {
    const std::uint64_t now = coarse_monotonic_ns();
    if (now < next_probe_ns_) return PeekStatus::empty;
    next_probe_ns_ = now + kProbeIntervalNs;
    if (segment.writer_alive()) return PeekStatus::empty;
    died = true;
    state = read_state();  // it may have ended before it went
  }
  // The state was stored after the last batch was published: look once more, in that order.
  if (load_published() != expected_) {
    again = true;
    return PeekStatus::empty;
  }
  if (state == static_cast<std::uint32_t>(ArenaState::ended)) return PeekStatus::ended;
  if (state == static_cast<std::uint32_t>(ArenaState::aborted)) {
    throw Error(Errc::writer_aborted, read_abort_reason(control.abort_reason));
  }
  if (state == static_cast<std::uint32_t>(ArenaState::open) && died) {
    fail(Errc::writer_died,
         "arena \"%s\": its writer (process %u) died without ending it; %" PRIu64
         " batches were delivered, the next writer of this name starts a new arena",
         name().c_str(), header().writer_pid, expected_);
  }
  fail(Errc::corrupt, "arena \"%s\": its state is %u, which no writer stores", name().c_str(), state);
}

PeekStatus RingReader::peek(BatchView& batch) {
  check_usable();
  if (peeked_) {
    batch = batch_;
    return PeekStatus::ready;
  }
  for (;;) {
    const bool ready =
        drops_oldest() ? claim_cursor() : (expected_ < published_ || expected_ < load_published());
    if (ready) break;
    bool again = false;
    const PeekStatus idle = when_idle(again);
    if (again) continue;
    batch.lost_first = lost_first_;
    batch.lost_count = idle == PeekStatus::ended ? lost_count_ : 0;
    return idle;
  }
  SlotWords slot{};
  const SharedSegment& segment = table_->segment();
  const bool sound = load_slot(segment.slot(expected_), expected_, segment.header(), slot);
  const std::uint8_t* data = sound ? table_->bytes_at(slot.position, slot.length) : nullptr;
  if (data == nullptr) {
    const std::uint64_t sequence = expected_;
    step_past();
    fail(Errc::corrupt,
         "arena \"%s\": the slot of batch %" PRIu64 " does not match its check; the batch is skipped",
         name().c_str(), sequence);
  }
  const BatchView view{data,           slot.length, slot.sequence, slot.rows, slot.fingerprint,
                       slot.commit_ns, lost_first_, lost_count_};
  // Not one copied from the other: its words would be read in pairs that are not in the cache yet.
  batch_ = view;
  batch = view;
  lost_count_ = 0;
  peeked_ = true;
  return PeekStatus::ready;
}

void RingReader::copy_small(BatchView& batch) {
  if (batch_.length >= header().lease_threshold || peeked_is_copy()) return;
  batch_.data = batch.data = table_->copy_aside(batch_.data, batch_.length);
}

/// Past the current sequence, keeping nothing of it.
void RingReader::step_past() noexcept {
  if (claimed_) {
    claimed_ = false;
    ++expected_;
    table_->unpin_peeked();
    sync_point(SyncPoint::release_pin);
  } else {
    // Release: the writer that sees this cursor overwrites what was read before it. Sequentially consistent,
    // so that the look at `wanted` comes after (advance_cursor / writer_wait_flag).
    table_->entry().cursor.store(++expected_, std::memory_order_seq_cst);
    sync_point(SyncPoint::advance_cursor);
  }
  peeked_ = false;
  wake_writer();
}

void RingReader::advance() {
  check_usable();
  if (!peeked_) fail(Errc::invalid_argument, "arena \"%s\": advance without a batch in view", name().c_str());
  bump(table_->entry().batches);
  bump(table_->entry().bytes, batch_.length);
  step_past();
}

Lease* RingReader::take() {
  check_usable();
  if (!peeked_) fail(Errc::invalid_argument, "arena \"%s\": take without a batch in view", name().c_str());
  Lease* lease = table_->take(batch_.sequence, batch_.data, batch_.length, [this]() noexcept {
    // In drop-oldest the cursor is past the batch since it was claimed.
    if (claimed_) return;
    table_->entry().cursor.store(expected_ + 1, std::memory_order_seq_cst);
    sync_point(SyncPoint::acquire_cursor);
  });
  bump(table_->entry().batches);
  bump(table_->entry().bytes, batch_.length);
  claimed_ = false;
  peeked_ = false;
  ++expected_;
  wake_writer();
  return lease;
}

bool RingReader::arm(WakeBy how, std::uint64_t bell_id) {
  check_usable();
  const SharedSegment& segment = table_->segment();
  ControlPage& control = segment.control();
  ReaderEntry& entry = table_->entry();
  if (how == WakeBy::bell && bell_id != admitted_bell_) {
    admit_to_bell(bell_id, segment.fd());
    admitted_bell_ = bell_id;
  }
  entry.wake_by.store(static_cast<std::uint32_t>(how), std::memory_order_relaxed);
  entry.bell_id.store(bell_id, std::memory_order_relaxed);
  const std::uint32_t index = table_->index();
  // reader_wait_flag / commit_publish: either the writer sees the bit, or this reader sees what it published.
  control.reader_wait.waiting[index / 64].fetch_or(std::uint64_t{1} << (index % 64),
                                                   std::memory_order_seq_cst);
  sync_point(SyncPoint::reader_wait_flag);
  const bool quiet =
      control.publish.published.load(std::memory_order_seq_cst) == expected_ &&
      control.publish.state.load(std::memory_order_seq_cst) == static_cast<std::uint32_t>(ArenaState::open);
  if (!quiet) disarm();
  return quiet;
}

void RingReader::disarm() noexcept {
  // After close() the entry is another's.
  if (closed_ || table_->segment().forked()) return;
  const std::uint32_t index = table_->index();
  table_->segment().control().reader_wait.waiting[index / 64].fetch_and(~(std::uint64_t{1} << (index % 64)),
                                                                        std::memory_order_relaxed);
}

/// Spins until something is published. True if it was.
bool RingReader::spin_for_batch() {
  if (spin_micros_ == 0) return false;
  const SharedSegment& segment = table_->segment();
  const PublishLine& publish = segment.control().publish;
  const Slot& slot = segment.slot(expected_);
  // Small batches lie one after another: a guess of where the next one begins.
  const std::uint8_t* data =
      batch_.data == nullptr ? nullptr : batch_.data + Geometry::align_up(batch_.length, kSmallAlignment);
  const bool published = spin_until(
      spin_micros_, [&] { return publish.published.load(std::memory_order_acquire) != expected_; });
  // Three lines come from the writer's processor, one after the other if each is asked for when the one
  // before is there.
  prefetch_to_read(&slot);
  prefetch_to_read(data);
  return published;
}

PeekStatus RingReader::wait_peek(BatchView& batch, Deadline deadline) {
  for (;;) {
    const PeekStatus status = peek(batch);
    if (status != PeekStatus::empty || deadline.passed()) return status;
    if (spin_for_batch()) continue;
    if (!arm(WakeBy::semaphore, 0)) continue;
    bump(table_->entry().waits);
    QADS_LOG(debug, "arena=%s reader=%u waits for sequence %" PRIu64, name().c_str(), table_->index(),
             expected_);
    sync_point(SyncPoint::reader_wait_sleep);
    wait_semaphore(table_->entry().semaphore, deadline.at_most(kSleepSliceNs));
    disarm();
  }
}

std::uint64_t RingReader::lag() const {
  check_usable();
  const std::uint64_t published =
      table_->segment().control().publish.published.load(std::memory_order_relaxed);
  return published > expected_ ? published - expected_ : 0;
}

ReaderStats RingReader::stats() const {
  table_->segment().check_not_forked();
  ReaderStats stats = last_stats_;
  if (!closed_) {
    const ReaderEntry& entry = table_->entry();
    const auto load = [](const Word64& word) { return word.load(std::memory_order_relaxed); };
    stats = {load(entry.batches),
             load(entry.bytes),
             load(entry.bytes_copied),
             load(entry.lost),
             load(entry.waits),
             load(entry.evacuations),
             0,
             0,
             expected_};
  }
  stats.private_bytes = table_->private_bytes();
  stats.leases = table_->lease_count();
  return stats;
}

void RingReader::count_copied(std::uint64_t bytes) noexcept {
  if (!closed_ && !table_->segment().forked()) bump(table_->entry().bytes_copied, bytes);
}

void RingReader::close() noexcept {
  if (closed_) return;
  if (table_->segment().forked()) {
    closed_ = true;
    return;
  }
  last_stats_ = stats();
  disarm();
  closed_ = true;
  if (claimed_) table_->unpin_peeked();
  QADS_LOG(debug, "arena=%s reader=%u closes at sequence %" PRIu64, name().c_str(), table_->index(),
           expected_);
  table_->detach();
}

}  // namespace qads
