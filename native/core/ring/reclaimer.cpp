#include "reclaimer.hpp"

#include <algorithm>
#include <cinttypes>

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/layout/counters.hpp"
#include "core/layout/sync_points.hpp"
#include "core/life/kernel_lock.hpp"
#include "core/segment/dead_readers.hpp"
#include "still_scan.hpp"

namespace qads {
namespace {

// Reclaiming this share of the ring ahead of need makes the scan of the readers rare.
constexpr std::uint64_t kAheadShare = 8;
// Leases in this share of the ring, the next to be needed, are moved out before the writer has to wait for
// it.
constexpr std::uint64_t kEvictShare = 8;
// A ring can be lost: who is still in the way after this time is asked again.
constexpr std::uint64_t kAskAgainNs = 50'000'000;

}  // namespace

Reclaimer::Reclaimer(const SharedSegment& segment)
    : segment_(segment), extents_(segment.header().slot_count), index_(segment.header().slot_count) {}

void Reclaimer::remember(std::uint64_t sequence, std::uint64_t begin, std::uint64_t end) noexcept {
  extents_[index_(sequence)] = {begin, end};
}

template <typename Visit>
void Reclaimer::each_reader(Visit&& visit) const noexcept {
  const std::uint32_t count = segment_.readers_in_use();
  for (std::uint32_t i = 0; i < count; ++i) {
    ReaderEntry& entry = segment_.reader(i);
    // join_claim / claim_announce: see join_arena.
    const auto state = static_cast<ReaderState>(entry.state.load(std::memory_order_seq_cst));
    if (state != ReaderState::free) visit(i, entry, state);
  }
}

/// Impossible values come from a broken peer: they must not let the writer overwrite what others read, and
/// cannot block it, because no correct reader is where they point.
Reclaimer::Position Reclaimer::position_of(const ReaderEntry& entry, ReaderState state,
                                           std::uint64_t next) const noexcept {
  if (state == ReaderState::joining) return {reclaimed_, reclaimed_};
  // The cursor first: who sees it past a batch (acquire_cursor) also sees the pin stored before it.
  std::uint64_t cursor = entry.cursor.load(std::memory_order_seq_cst);
  std::uint64_t pin = entry.pin.load(std::memory_order_seq_cst);
  if (state != ReaderState::live || cursor > next || cursor < reclaimed_) cursor = next;
  // A pin below what is reclaimed is a drop-oldest reader between pin and failed claim: it holds nothing
  // there.
  if (pin > next || pin < reclaimed_) pin = next;
  return {cursor, pin};
}

std::uint64_t Reclaimer::kept_without_readers(std::uint64_t next) const noexcept {
  if (segment_.header().on_full == static_cast<std::uint32_t>(OnFull::drop_oldest)) return next;
  return std::min(std::max(segment_.control().reclaim.floor.load(std::memory_order_acquire), reclaimed_),
                  next);
}

std::uint64_t Reclaimer::limit(std::uint64_t next) const noexcept {
  std::uint64_t lowest;
  bool attached;
  // leave_floor: of two that leave meanwhile, the first may have been seen before and the last after it left;
  // then neither what the last had not read nor the floor that it stored would count.
  const bool still = scan_while_still(segment_.control().reclaim.departures, [&] {
    lowest = next;
    attached = false;
    each_reader([&](std::uint32_t, const ReaderEntry& entry, ReaderState state) {
      const Position at = position_of(entry, state, next);
      lowest = std::min({lowest, at.cursor, at.pin});
      attached = attached || is_attached(state);
    });
  });
  if (!still) return reclaimed_;  // nothing more than what is the writer's already
  // leave_floor: a leaver stores the floor before it frees its entry, so the floor is read after the scan.
  return attached ? lowest : std::min(lowest, kept_without_readers(next));
}

std::uint64_t Reclaimer::lowest_unread(std::uint64_t next) const noexcept {
  std::uint64_t lowest = next;
  bool attached = false;
  each_reader([&](std::uint32_t, const ReaderEntry& entry, ReaderState state) {
    if (!is_attached(state)) return;
    attached = true;
    lowest = std::min(lowest, position_of(entry, state, next).cursor);
  });
  if (attached) return lowest;
  return std::min(std::max(segment_.control().reclaim.floor.load(std::memory_order_acquire), reclaimed_),
                  next);
}

std::uint32_t Reclaimer::readers() const noexcept {
  std::uint32_t count = 0;
  each_reader(
      [&](std::uint32_t, const ReaderEntry&, ReaderState state) { count += is_attached(state) ? 1 : 0; });
  return count;
}

/// The highest sequence up to `limit` such that what lies between it and the reclaimed ones is within a share
/// of the ring.
std::uint64_t Reclaimer::ahead_of(std::uint64_t needed, std::uint64_t limit,
                                  std::uint64_t share) const noexcept {
  const std::uint64_t slots = extents_.size() / share;
  const std::uint64_t bytes = segment_.header().ring_capacity / share;
  std::uint64_t target = needed;
  while (target < limit && target - reclaimed_ < slots &&
         extent(target).end - extent(reclaimed_).begin <= bytes) {
    ++target;
  }
  return target;
}

void Reclaimer::announce(std::uint64_t oldest) noexcept {
  Word64& shared = segment_.control().reclaim.oldest;
  if (shared.load(std::memory_order_relaxed) == oldest) return;
  shared.store(oldest, std::memory_order_seq_cst);
  sync_point(SyncPoint::claim_announce);
}

/// drop-oldest: moves cursors that are below `needed`. What they pass is lost to those readers, who count it.
void Reclaimer::skip_slow_readers(std::uint64_t needed) noexcept {
  each_reader([&](std::uint32_t index, ReaderEntry& entry, ReaderState state) {
    if (state != ReaderState::live) return;
    std::uint64_t at = entry.cursor.load(std::memory_order_seq_cst);
    // claim_skip / acquire_pin: if the reader claimed first, this fails and its pin is seen by the scan that
    // follows.
    while (at >= reclaimed_ && at < needed) {
      if (!entry.cursor.compare_exchange_weak(at, needed, std::memory_order_seq_cst)) continue;
      bump(segment_.control().reclaim.dropped_oldest, needed - at);
      QADS_LOG(debug, "arena=%s writer skips reader=%u from sequence %" PRIu64 " to %" PRIu64,
               segment_.name().c_str(), index, at, needed);
      sync_point(SyncPoint::claim_skip);
      break;
    }
  });
}

/// Asks the processes of readers that hold leases below `needed` to move them out of the ring.
void Reclaimer::request_evictions(std::uint64_t needed, std::uint64_t next) noexcept {
  const bool drops = segment_.header().on_full == static_cast<std::uint32_t>(OnFull::drop_oldest);
  const std::uint64_t now = coarse_monotonic_ns();
  const bool again = now >= ask_again_ns_;
  bool asked = false;
  each_reader([&](std::uint32_t index, ReaderEntry& entry, ReaderState state) {
    if (state == ReaderState::joining) return;
    const Position at = position_of(entry, state, next);
    // The batch that a reader is at, with others unread, is a slow reader's, not a holder's: moving it would
    // copy every batch of a slow reader, for one batch of space.
    const bool holds_last = drops || at.cursor >= next;
    const std::uint64_t below =
        holds_last ? needed : std::min(needed, std::max<std::uint64_t>(at.cursor, 1) - 1);
    if (at.pin >= below) return;  // not in the way
    if (entry.evict_below.load(std::memory_order_relaxed) < below) {
      // evict_request / answer_earlier_request: either the bell of a reader without one is seen here, or this
      // request there.
      entry.evict_below.store(below, std::memory_order_seq_cst);
      sync_point(SyncPoint::evict_request);
      bump(segment_.control().reclaim.evictions);
      QADS_LOG(debug, "arena=%s writer asks reader=%u to evacuate its leases below %" PRIu64,
               segment_.name().c_str(), index, below);
    } else if (!again) {
      return;  // asked before
    }
    asked = true;
    ringer_.ring(entry.evacuator_bell_id.load(std::memory_order_seq_cst));
  });
  if (asked && again) ask_again_ns_ = now + kAskAgainNs;
}

bool Reclaimer::scan_and_reclaim(std::uint64_t needed, std::uint64_t next) noexcept {
  std::uint64_t lowest = limit(next);
  if (lowest < needed && segment_.header().on_full == static_cast<std::uint32_t>(OnFull::drop_oldest)) {
    announce(needed);
    skip_slow_readers(needed);
    lowest = limit(next);
  }
  if (lowest < needed) {
    request_evictions(needed, next);
    return false;
  }
  // Joiners start at `oldest` or above: announce first, then look again at who is there (claim_announce /
  // join_claim).
  const std::uint64_t target = ahead_of(needed, lowest, kAheadShare);
  announce(target);
  reclaimed_ = std::max(reclaimed_, std::min(target, limit(next)));
  sync_point(SyncPoint::claim_reclaim);
  request_evictions(ahead_of(reclaimed_, next, kEvictShare), next);
  return reclaimed_ >= needed;
}

bool Reclaimer::reap_dead() noexcept {
  bool any = false;
  each_reader([&](std::uint32_t i, ReaderEntry&, ReaderState) { any = any || !segment_.reader_alive(i); });
  if (!any) return false;
  const MembershipLock membership(segment_.fd(), Deadline::after_ms(0));
  if (!membership.held()) return false;  // somebody joins or leaves: the next look will do
  const DeadReaders dead = find_dead_readers(segment_);
  if (dead.entries.none()) return false;
  // What all of the dead had read may go.
  if (!dead.others_attached && dead.lowest_cursor) store_floor(segment_, *dead.lowest_cursor);
  sync_point(SyncPoint::reap_entry);
  for (std::uint32_t i = 0; i < dead.entries.size(); ++i) {
    if (!dead.entries.test(i)) continue;
    ReaderEntry& entry = segment_.reader(i);
    remove_orphaned_bell(entry.bell_id.load(std::memory_order_relaxed));
    remove_orphaned_bell(entry.evacuator_bell_id.load(std::memory_order_relaxed));
    entry.state.store(static_cast<std::uint32_t>(ReaderState::free), std::memory_order_seq_cst);
    bump(segment_.control().reclaim.reaped);
    QADS_LOG(debug, "arena=%s writer reclaims the entry of dead reader=%u (process %u)",
             segment_.name().c_str(), i, entry.pid.load(std::memory_order_relaxed));
  }
  return true;
}

}  // namespace qads
