#include "writer.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstring>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/prefetch.hpp"
#include "core/base/stream_copy.hpp"
#include "core/layout/counters.hpp"
#include "core/layout/slot.hpp"
#include "core/layout/sync_points.hpp"
#include "core/life/kernel_lock.hpp"
#include "core/segment/dead_readers.hpp"
#include "core/wake/semaphore.hpp"
#include "core/wake/spin.hpp"

namespace qads {
namespace {

// A dead reader rings nothing: a blocked writer looks for them this often.
constexpr std::uint64_t kSleepSliceNs = 100'000'000;

// Of a small batch that is longer, the processor finds the rest by itself while the beginning is written.
// Large ones may go around the caches.
constexpr std::uint64_t kPrefetchedBytes = 8192;
constexpr std::uint64_t kPrefetchedOfLarge = 64;

/// Readers take a zero byte for the end of a text: U+FFFD stands for it, as for every byte that is none.
std::string without_zeros(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\0') {
      result += "\xef\xbf\xbd";
    } else {
      result += c;
    }
  }
  return result;
}

/// An arena whose writer cannot map its ring goes again: nobody would end it.
RingView map_ring(SharedSegment& segment) {
  const SharedMemoryHeader& header = segment.header();
  try {
    return RingView(segment.fd(), header.ring_offset, header.ring_capacity, Access::read_write,
                    segment.name());
  } catch (...) {
    segment.remove_name();
    throw;
  }
}

}  // namespace

std::unique_ptr<RingWriter> RingWriter::create(const std::string& name, const WriterOptions& options) {
  return std::unique_ptr<RingWriter>(new RingWriter(SharedSegment::create(name, options.arena), options));
}

RingWriter::RingWriter(SharedSegment segment, const WriterOptions& options)
    : segment_(std::move(segment)),
      ring_(map_ring(segment_)),
      reclaimer_(segment_),
      spin_micros_(options.spin_micros),
      exit_guard_([this] { abandon(); }) {
  ring_.populate();
}

RingWriter::~RingWriter() { drop(); }

void RingWriter::drop() noexcept {
  if (closed_ || segment_.forked()) return;
  // Nobody said that the stream is complete: readers must not take what is there for all there is.
  if (open_) set_aborted("the writer was dropped before it ended");
  leave();
}

void RingWriter::check_usable() const {
  segment_.check_not_forked();
  if (closed_) fail(Errc::closed, "arena \"%s\": this writer is closed", name().c_str());
}

void RingWriter::check_open() const {
  check_usable();
  if (!open_)
    fail(Errc::closed, "arena \"%s\" was ended by this writer: nothing can be written after the end",
         name().c_str());
}

Claim RingWriter::try_claim(std::uint64_t bytes) {
  check_open();
  const SharedMemoryHeader& header = segment_.header();
  if (bytes == 0) fail(Errc::invalid_argument, "arena \"%s\": a claim of 0 bytes", name().c_str());
  if (claimed_length_ != 0) {
    fail(Errc::invalid_argument,
         "arena \"%s\": commit or abort the claim of %" PRIu64 " bytes before claiming again", name().c_str(),
         claimed_length_);
  }
  if (bytes > header.ring_capacity) {
    fail(Errc::batch_too_large,
         "arena \"%s\": a batch of %" PRIu64 " bytes does not fit into a ring of %" PRIu64
         " bytes; create the arena with a larger sizeMb or write fewer rows at once",
         name().c_str(), bytes, header.ring_capacity);
  }
  // A batch that can be leased has its pages to itself, so that they can be moved.
  const std::uint64_t alignment = bytes >= header.lease_threshold ? header.page_size : kSmallAlignment;
  const std::uint64_t position = Geometry::align_up(tail_, alignment);
  const std::uint64_t end = Geometry::align_up(position + bytes, alignment);
  const std::uint64_t needed = reclaimer_.needed_for(end, next_);
  if (!reclaimer_.reclaim(needed, next_) && !(reclaimer_.reap_dead() && reclaimer_.reclaim(needed, next_))) {
    switch (static_cast<OnFull>(header.on_full)) {
      case OnFull::drop_newest:
        bump(segment_.control().reclaim.dropped_newest);
        return {ClaimStatus::dropped, nullptr, 0, 0};
      case OnFull::error:
        fail(Errc::full,
             "arena \"%s\" is full: %" PRIu64
             " batches are unread; read faster, or create it with a larger sizeMb or "
             "bufferCount, or with another onFull",
             name().c_str(), next_ - reclaimer_.lowest_unread(next_));
      default:
        blocked_on_ = needed;
        return {ClaimStatus::would_block, nullptr, 0, 0};
    }
  }
  claimed_position_ = position;
  claimed_length_ = bytes;
  sync_point(SyncPoint::claim_reserved);
  const std::uint64_t offset = segment_.ring_offset(position);
  return {ClaimStatus::claimed, ring_.base() + offset, offset, bytes};
}

Claim RingWriter::claim(std::uint64_t bytes, Deadline deadline) {
  std::uint64_t blocked_since = 0;
  for (;;) {
    const Claim claim = try_claim(bytes);
    if (claim.status != ClaimStatus::would_block || deadline.passed()) {
      if (blocked_since != 0) bump(segment_.control().reclaim.wait_ns, monotonic_ns() - blocked_since);
      return claim;
    }
    if (blocked_since == 0) blocked_since = monotonic_ns();
    if (spin_until(spin_micros_, [&] { return reclaimer_.limit(next_) >= blocked_on_; })) continue;
    if (arm_space(WakeBy::semaphore, 0)) sleep(deadline);
  }
}

std::uint64_t RingWriter::commit(std::uint64_t bytes, std::uint64_t rows, std::uint64_t fingerprint) {
  check_open();
  if (claimed_length_ == 0 || bytes == 0 || bytes > claimed_length_) {
    fail(Errc::invalid_argument, "arena \"%s\": commit of %" PRIu64 " bytes of a claim of %" PRIu64,
         name().c_str(), bytes, claimed_length_);
  }
  const SharedMemoryHeader& header = segment_.header();
  if ((header.flags & kFlagOneSchema) != 0 && !one_schema_.allows(fingerprint)) {
    const std::string difference =
        one_schema_.difference(ring_.base() + segment_.ring_offset(claimed_position_), bytes, fingerprint);
    if (!difference.empty()) {
      abort_claim();
      fail(Errc::schema_mismatch,
           "arena \"%s\" allows one schema, that of its first batch, and this one has another: %s",
           name().c_str(), difference.c_str());
    }
  }
  // Whatever part of the claim was streamed, commit_publish must not overtake it.
  if (claimed_length_ >= kStreamCopyMin) stream_fence();
  const std::uint64_t alignment = bytes >= header.lease_threshold ? header.page_size : kSmallAlignment;
  // A claim that shrank below the threshold may stay on its page boundary: readers only need the small
  // alignment.
  const std::uint64_t end = Geometry::align_up(claimed_position_ + bytes, alignment);
  const std::uint64_t sequence = next_;
  store_slot(segment_.slot(sequence), {sequence, claimed_position_, bytes, rows, fingerprint, wall_ns()});
  sync_point(SyncPoint::commit_slot);
  reclaimer_.remember(sequence, claimed_position_, end);
  tail_ = end;
  next_ = sequence + 1;
  claimed_length_ = 0;
  ReclaimLine& counters = segment_.control().reclaim;
  bump(counters.batches);
  bump(counters.bytes, bytes);
  counters.write_position.store(tail_, std::memory_order_relaxed);
  // commit_publish: releases the slot and the bytes. Sequentially consistent, so that the look at the waiting
  // bits comes after (reader_wait_flag).
  segment_.control().publish.published.store(next_, std::memory_order_seq_cst);
  sync_point(SyncPoint::commit_publish);
  wake_readers();
  // The lines that the next batch is written to, if it is like this one: a reader looked at them a lap ago,
  // or they are in memory.
  prefetch_to_write(&segment_.slot(next_));
  prefetch_to_write(ring_.base() + segment_.ring_offset(tail_),
                    bytes < header.lease_threshold ? std::min(bytes, kPrefetchedBytes) : kPrefetchedOfLarge);
  return sequence;
}

void RingWriter::wake_readers() noexcept {
  ReaderWaitLine& line = segment_.control().reader_wait;
  const std::uint32_t words = (segment_.readers_in_use() + 63) / 64;
  for (std::uint32_t w = 0; w < words; ++w) {
    if (line.waiting[w].load(std::memory_order_seq_cst) == 0) continue;
    std::uint64_t bits = line.waiting[w].exchange(0, std::memory_order_acq_rel);
    sync_point(SyncPoint::wake_readers);
    for (; bits != 0; bits &= bits - 1) {
      wake_reader(w * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits)));
    }
  }
}

void RingWriter::wake_reader(std::uint32_t index) noexcept {
  if (index >= header().max_readers) return;
  ReaderEntry& entry = segment_.reader(index);
  if (entry.wake_by.load(std::memory_order_acquire) == static_cast<std::uint32_t>(WakeBy::bell)) {
    ringer_.ring(entry.bell_id.load(std::memory_order_relaxed));
  } else {
    post_semaphore(entry.semaphore);
  }
}

template <typename StillBlocked>
bool RingWriter::arm(WakeBy how, std::uint64_t bell_id, std::uint64_t wanted, StillBlocked&& still_blocked) {
  check_usable();
  WriterWaitLine& wait = segment_.control().writer_wait;
  if (how == WakeBy::bell && bell_id != admitted_bell_) {
    admit_to_bell(bell_id, segment_.fd());
    admitted_bell_ = bell_id;
  }
  wait.wake_by.store(static_cast<std::uint32_t>(how), std::memory_order_relaxed);
  wait.bell_id.store(bell_id, std::memory_order_relaxed);
  // writer_wait_flag / release_pin, advance_cursor: either the reader sees `wanted`, or this writer sees what
  // it freed.
  wait.wanted.store(wanted, std::memory_order_seq_cst);
  sync_point(SyncPoint::writer_wait_flag);
  if (still_blocked()) {
    bump(segment_.control().reclaim.waits);
    QADS_LOG(debug, "arena=%s writer waits for readers to pass sequence %" PRIu64, name().c_str(), wanted);
    return true;
  }
  disarm();
  return false;
}

bool RingWriter::arm_space(WakeBy how, std::uint64_t bell_id) {
  // The same attempt once more, not only a look: it also skips readers (drop-oldest) and asks for evacuations
  // that became due since the last.
  return arm(how, bell_id, std::max<std::uint64_t>(blocked_on_, 1),
             [this] { return !reclaimer_.reclaim(blocked_on_, next_); });
}

bool RingWriter::drained(bool need_reader) {
  if (need_reader && segment_.control().reclaim.joins.load(std::memory_order_seq_cst) == 0) return false;
  if (reclaimer_.readers() == 0) return true;
  return reclaimer_.lowest_unread(next_) >= next_;
}

bool RingWriter::arm_drained(WakeBy how, std::uint64_t bell_id, bool need_reader) {
  check_usable();
  reclaimer_.reap_dead();
  return arm(how, bell_id, std::max<std::uint64_t>(next_, 1), [&] { return !drained(need_reader); });
}

bool RingWriter::arm_reader(WakeBy how, std::uint64_t bell_id) {
  return arm(how, bell_id, kNoPin,
             [this] { return segment_.control().reclaim.joins.load(std::memory_order_seq_cst) == 0; });
}

void RingWriter::disarm() noexcept {
  if (!segment_.forked()) segment_.control().writer_wait.wanted.store(0, std::memory_order_relaxed);
}

void RingWriter::sleep(Deadline deadline) noexcept {
  sync_point(SyncPoint::writer_wait_sleep);
  wait_semaphore(segment_.control().writer_wait.semaphore, deadline.at_most(kSleepSliceNs));
  disarm();
}

template <typename Arm>
bool RingWriter::wait(Deadline deadline, Arm&& arm) {
  while (arm()) {
    if (deadline.passed()) {
      disarm();
      return false;
    }
    sleep(deadline);
  }
  return true;
}

bool RingWriter::wait_drained(bool need_reader, Deadline deadline) {
  return wait(deadline, [&] { return arm_drained(WakeBy::semaphore, 0, need_reader); });
}

bool RingWriter::wait_reader(Deadline deadline) {
  return wait(deadline, [&] { return arm_reader(WakeBy::semaphore, 0); });
}

void RingWriter::set_state(ArenaState state) noexcept {
  open_ = false;
  claimed_length_ = 0;
  segment_.control().publish.state.store(static_cast<std::uint32_t>(state), std::memory_order_seq_cst);
  sync_point(SyncPoint::end_state);
  wake_readers();
}

void RingWriter::end() {
  check_usable();
  if (!open_) return;
  QADS_LOG(debug, "arena=%s ended after %" PRIu64 " batches", name().c_str(), next_);
  set_state(ArenaState::ended);
}

void RingWriter::abort(const std::string& given) {
  check_usable();
  accept_loss();
  if (open_) set_aborted(without_zeros(given));
}

void RingWriter::set_aborted(std::string_view reason) noexcept {
  AbortReason& place = segment_.control().abort_reason;
  std::size_t length = std::min(reason.size(), kAbortReasonBytes);
  // Not in the middle of a UTF-8 sequence.
  while (length < reason.size() && length > 0 && (static_cast<unsigned char>(reason[length]) & 0xC0) == 0x80)
    --length;
  std::memcpy(place.text, reason.data(), length);
  place.length.store(static_cast<std::uint32_t>(length), std::memory_order_release);
  QADS_LOG(debug, "arena=%s aborted after %" PRIu64 " batches: %.*s", name().c_str(), next_,
           static_cast<int>(length), reason.data());
  set_state(ArenaState::aborted);
}

void RingWriter::leave() noexcept {
  closed_ = true;
  const MembershipLock membership(segment_.fd(), Deadline::after_ms(1000));
  disarm();
  unlock_byte(segment_.fd(), kWriterLock);
  // Wake everybody once more: with the lock gone, a reader that sleeps learns at once what became of its
  // writer.
  wake_readers();
  if (!membership.held()) return;
  warn_of_loss();
  if (segment_.deserted()) segment_.remove_name();
}

/// Under `block` the writer promised to keep what nobody has read, and without a reader it goes with the
/// writer. The caller holds the membership lock, so that none comes meanwhile.
void RingWriter::warn_of_loss() const noexcept {
  if (loss_accepted_ || header().on_full != static_cast<std::uint32_t>(OnFull::block)) return;
  const std::uint64_t unread = next_ - reclaimer_.lowest_unread(next_);
  if (unread == 0 || find_dead_readers(segment_).others_attached) return;
  QADS_LOG(warn,
           "arena=%s the writer left %" PRIu64
           " batches unread, and there is no reader: they are lost. Call finish() on the writer, which waits "
           "for a "
           "reader, or keep it open until they are read",
           name().c_str(), unread);
}

void RingWriter::close() noexcept {
  if (closed_ || segment_.forked()) return;
  if (open_) set_state(ArenaState::ended);
  leave();
}

void RingWriter::abandon() noexcept {
  if (closed_ || segment_.forked()) return;
  leave();
}

WriterStats RingWriter::stats() {
  check_usable();
  const ReclaimLine& line = segment_.control().reclaim;
  const auto load = [](const Word64& word) { return word.load(std::memory_order_relaxed); };
  return {load(line.batches),
          load(line.bytes),
          load(line.dropped_newest),
          load(line.dropped_oldest),
          load(line.waits),
          load(line.wait_ns),
          load(line.reaped),
          load(line.evictions),
          reclaimer_.readers(),
          load(line.joins),
          next_ - reclaimer_.lowest_unread(next_),
          next_ - reclaimer_.reclaimed()};
}

}  // namespace qads
