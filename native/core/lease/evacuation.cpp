// How leases are moved out of the ring: what the evacuator thread does with a table.
#include <chrono>
#include <thread>

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/layout/counters.hpp"
#include "core/layout/sync_points.hpp"
#include "core/wake/bell.hpp"
#include "private_pages.hpp"
#include "table.hpp"

namespace qads {
bool LeaseTable::move_out(std::unique_lock<std::mutex>& lock, Lease* lease) noexcept {
  // A list of moved ranges is the only memory that moving takes besides the pages.
  if (!mark_range(*lease) && !(make_room(in_ring_.size() - 1) && mark_range(*lease))) {
    note_refusal();
    return false;
  }
  lease->place = Lease::Place::moving;
  PrivatePages pages = pool_.reuse(lease->mapped_length);
  lock.unlock();  // the copy takes long: the reader goes on meanwhile
  if (!pages) pages = allocate_private_pages(lease->mapped_length);
  const bool copied = pages && pages.copy_from(lease->data);
  sync_point(SyncPoint::evacuate_copy);
  lock.lock();

  if (lease->released) {
    forget_range(*lease);
    in_ring_.erase(lease->sequence);
    destroy(lease);
    if (!left_) store_pin();
    return true;
  }
  if (!(copied && pages.put_at(lease->data)) && !move_otherwise(*lease, std::move(pages))) {
    forget_range(*lease);
    lease->place = Lease::Place::ring;
    note_refusal();
    QADS_LOG(
        warn,
        "arena=%s reader=%u: the kernel refused to move batch %llu out of the ring; the writer waits for it",
        segment_.name().c_str(), index_, static_cast<unsigned long long>(lease->sequence));
    return false;
  }
  lease->place = Lease::Place::moved;
  lease->moved_ns = monotonic_ns();
  in_ring_.erase(lease->sequence);
  private_bytes_.fetch_add(lease->mapped_length, std::memory_order_relaxed);
  sync_point(SyncPoint::evacuate_remap);
  if (left_) return true;  // the reader closed meanwhile: the entry may be another's
  entry().private_bytes.store(private_bytes(), std::memory_order_relaxed);
  bump(entry().evacuations);
  store_pin();
  return true;
}

/// Batches are copied at read until the kernel lets this process move them again.
void LeaseTable::note_refusal() noexcept {
  refused_ = true;
  try_again_ns_ = coarse_monotonic_ns() + kRetryNs;
}

/// Gives back to the kernel what was held for when it refuses, but for so many pairs of mappings. False if
/// nothing was.
bool LeaseTable::make_room(std::size_t kept_pairs) noexcept {
  const bool had_pages = pool_.drop();
  return spares_.shrink_to(kept_pairs) || had_pages;
}

/// Once more, with the mappings and the memory that were held for when the kernel refuses: what the other
/// leases in the ring need stays in hand. Pages that cannot be made read-only will do: they are this process'
/// own. Then by other calls.
bool LeaseTable::move_otherwise(Lease& lease, PrivatePages pages) noexcept {
  make_room(in_ring_.size() - 1);
  if (!pages) pages = allocate_private_pages(lease.mapped_length);
  if (pages && pages.make_writable()) {
    static_cast<void>(pages.copy_from(lease.data));
    if (pages.put_at(lease.data)) return true;
  }
  pages = {};
  lease.in_file = replace_by_file(lease.data, lease.mapped_length);
  return lease.in_file;
}

/// True if the lease, which is in the writer's way, may stay until `let_be_until_ns`.
bool LeaseTable::is_let_be(Lease& lease) noexcept {
  // Who closed the reader waits for its leases.
  if (detached_) return false;
  const std::uint64_t now = monotonic_ns();
  if (lease.let_be_until_ns == 0) {
    const std::uint64_t grace = patience_.grace_ns();
    if (grace == 0) return false;
    lease.let_be_until_ns = now + grace;
    // An event loop that sleeps collects nothing.
    if (entry().wake_by.load(std::memory_order_relaxed) == static_cast<std::uint32_t>(WakeBy::bell)) {
      ring_bell(entry().bell_id.load(std::memory_order_relaxed));
    }
    return true;
  }
  if (now < lease.let_be_until_ns) return true;
  patience_.disappointed();
  return false;
}

LeaseTable::Evacuation LeaseTable::evacuate() noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  std::uint64_t moved = 0;
  Evacuation result;
  while (!left_ && !in_ring_.empty() && !segment_.forked()) {
    const auto [sequence, lease] = *in_ring_.begin();
    const bool in_the_way = sequence < entry().evict_below.load(std::memory_order_acquire);
    const bool before_fork = sequence < move_below_;
    if (!in_the_way && !before_fork) break;
    result.asked = result.asked || in_the_way;
    if (!before_fork && is_let_be(*lease)) {
      result.again_ns = lease->let_be_until_ns;
      break;
    }
    if (!move_out(lock, lease)) {
      result.again_ns = monotonic_ns() + kRetryNs;
      break;
    }
    ++moved;
    wake_writer(limit());
  }
  if (moved > 0) {
    QADS_LOG(debug, "arena=%s reader=%u evacuated %llu batches, %llu bytes are private now",
             segment_.name().c_str(), index_, static_cast<unsigned long long>(moved),
             static_cast<unsigned long long>(private_bytes()));
  }
  if (detached_ && !left_ && in_ring_.empty()) leave();
  result.holds = !left_ && !in_ring_.empty();
  // What was given up for these is wanted for the others, while the kernel may have it.
  if (result.holds) static_cast<void>(spares_.grow_to(in_ring_.size() + kSparePairs));
  return result;
}

void LeaseTable::tell_evacuator_bell(std::uint64_t bell_id) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (enlisted_ && !left_) entry().evacuator_bell_id.store(bell_id, std::memory_order_seq_cst);
}

void LeaseTable::ask_to_move_all() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!left_ && !in_ring_.empty()) move_below_ = in_ring_.rbegin()->first + 1;
}

bool LeaseTable::wait_moved(Deadline deadline) noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto moved = [&] { return left_ || in_ring_.empty() || in_ring_.begin()->first >= move_below_; };
  while (!moved() && !deadline.passed()) {
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    lock.lock();
  }
  return moved();
}

}  // namespace qads
