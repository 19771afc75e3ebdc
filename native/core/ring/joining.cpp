#include "joining.hpp"

#include <unistd.h>

#include <cerrno>
#include <cinttypes>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/layout/sync_points.hpp"
#include "core/life/kernel_lock.hpp"
#include "core/segment/dead_readers.hpp"
#include "core/wake/bell.hpp"
#include "reader.hpp"

namespace qads {
namespace {

constexpr auto kFree = static_cast<std::uint32_t>(ReaderState::free);
constexpr auto kJoining = static_cast<std::uint32_t>(ReaderState::joining);
constexpr auto kLive = static_cast<std::uint32_t>(ReaderState::live);

/// Locks a free entry, or one whose reader died. The caller holds the membership lock.
std::uint32_t claim_entry(const SharedSegment& segment) {
  const std::uint32_t count = segment.header().max_readers;
  for (std::uint32_t i = 0; i < count; ++i) {
    // The lock is the truth: a dead reader's entry may still say "live", a leaving one's lock is held to the
    // end.
    if (try_lock_byte(segment.fd(), reader_lock(i))) return i;
    if (!is_conflict(errno)) fail_errno(errno, "locking a place for a reader", segment.name());
  }
  fail(Errc::too_many_readers,
       "arena \"%s\" has its %u readers; close one, or create the arena with a larger maxReaders",
       segment.name().c_str(), count);
}

/// Takes the place of a dead reader that the writer has not met. What it had not read must be kept, and what
/// it had read must not, also if this join fails or dies: nobody else knows its cursor.
void settle_dead(const SharedSegment& segment, const ReaderEntry& entry) {
  remove_orphaned_bell(entry.bell_id.load(std::memory_order_relaxed));
  remove_orphaned_bell(entry.evacuator_bell_id.load(std::memory_order_relaxed));
  const DeadReaders dead = find_dead_readers(segment);
  if (dead.others_attached || !dead.lowest_cursor) return;
  store_floor(segment, *dead.lowest_cursor);
  sync_point(SyncPoint::reap_entry);
  // leave_floor: the writer's scan may have met some of the dead before and others after.
  segment.control().reclaim.departures.fetch_add(1, std::memory_order_seq_cst);
  disregard(segment, dead);
}

void reset_entry(ReaderEntry& entry) noexcept {
  for (Word64* word :
       {&entry.bell_id, &entry.evacuator_bell_id, &entry.batches, &entry.bytes, &entry.bytes_copied,
        &entry.lost, &entry.waits, &entry.evacuations, &entry.private_bytes, &entry.evict_below}) {
    word->store(0, std::memory_order_relaxed);
  }
  entry.joined_ns.store(wall_ns(), std::memory_order_relaxed);
  entry.pid.store(static_cast<std::uint32_t>(getpid()), std::memory_order_relaxed);
  entry.pin.store(kNoPin, std::memory_order_relaxed);
}

std::uint64_t choose_start(const SharedSegment& segment, std::int64_t from, std::uint64_t& asked_from) {
  const ControlPage& control = segment.control();
  // After join_claim: an `oldest` that moves later is above batches that this entry already protects.
  const std::uint64_t oldest = control.reclaim.oldest.load(std::memory_order_seq_cst);
  const std::uint64_t published = control.publish.published.load(std::memory_order_acquire);
  if (oldest > published || published - oldest > segment.header().slot_count) {
    fail(Errc::corrupt,
         "arena \"%s\": its oldest batch is %" PRIu64 " and its next %" PRIu64 ", which cannot be",
         segment.name().c_str(), oldest, published);
  }
  asked_from = from == kFromEarliest ? oldest
               : from == kFromLatest ? published
                                     : static_cast<std::uint64_t>(from);
  if (asked_from > published) {
    fail(Errc::invalid_argument,
         "arena \"%s\": cannot start at sequence %" PRIu64 ", the next one written is %" PRIu64,
         segment.name().c_str(), asked_from, published);
  }
  return asked_from < oldest ? oldest : asked_from;
}

}  // namespace

Joined join_arena(const std::string& name, std::int64_t from) {
  const Deadline deadline = membership_deadline();
  for (;;) {
    // Mapped before anybody has to wait for this reader: mapping takes long, and may fail.
    auto table = std::make_shared<LeaseTable>(SharedSegment::open(name));
    const SharedSegment& segment = table->segment();
    const MembershipLock membership(segment.fd(), deadline);
    membership.check_held(name);
    // Removed or replaced between opening and locking: whoever has the name now is the arena.
    if (!segment.is_named()) {
      if (errno != 0 && errno != ENOENT) fail_errno(errno, "looking at its name", name);
      if (deadline.passed())
        fail(Errc::timed_out, "arena \"%s\": its name is being fought over", name.c_str());
      continue;
    }
    segment.check_not_deserted();
    const std::uint32_t index = claim_entry(segment);
    table->occupy(index);
    ControlPage& control = segment.control();
    ReaderEntry& entry = segment.reader(index);
    if (entry.state.load(std::memory_order_relaxed) != kFree) settle_dead(segment, entry);
    reset_entry(entry);
    control.reader_wait.waiting[index / 64].fetch_and(~(std::uint64_t{1} << (index % 64)),
                                                      std::memory_order_relaxed);
    // join_claim / claim_announce: either the writer's scan sees `joining`, or this reader sees its new
    // `oldest`.
    entry.state.store(kJoining, std::memory_order_seq_cst);
    const std::uint32_t in_use = segment.readers_in_use();
    if (in_use < index + 1) control.reclaim.readers_in_use.store(index + 1, std::memory_order_seq_cst);
    sync_point(SyncPoint::join_claim);
    Joined joined{};
    try {
      joined.start = choose_start(segment, from, joined.asked_from);
    } catch (...) {
      entry.state.store(kFree, std::memory_order_seq_cst);
      table->wake_writer(kNoPin);  // it may have found this entry in its way
      throw;
    }
    entry.cursor.store(joined.start, std::memory_order_relaxed);
    sync_point(SyncPoint::join_start);
    entry.state.store(kLive, std::memory_order_seq_cst);
    sync_point(SyncPoint::join_live);
    control.reclaim.joins.fetch_add(1, std::memory_order_seq_cst);
    table->wake_writer(kNoPin);
    QADS_LOG(debug, "arena=%s reader=%u joined at sequence %" PRIu64, name.c_str(), index, joined.start);
    joined.table = std::move(table);
    return joined;
  }
}

}  // namespace qads
