// How leases are moved out of the ring: what the evacuator thread does with a table.
#include <chrono>
#include <thread>

#include "bell.hpp"
#include "clock.hpp"
#include "counters.hpp"
#include "lease_table.hpp"
#include "log.hpp"
#include "private_pages.hpp"
#include "sync_points.hpp"

namespace qads {
namespace {

// The kernel may have what it refused to give, memory or mappings, a little later.
constexpr std::uint64_t kRetryNs = 50'000'000;

}  // namespace

bool LeaseTable::move_out(std::unique_lock<std::mutex>& lock, Lease* lease) noexcept {
  if (!mark_range(*lease)) return false;
  lease->place = Lease::Place::moving;
  PrivatePages pages = pool_.reuse(lease->mapped_length);
  lock.unlock();  // the copy takes long: the reader goes on meanwhile
  if (!pages) pages = allocate_private_pages(lease->mapped_length);
  if (pages) pages.copy_from(lease->data);
  sync_point(SyncPoint::evacuate_copy);
  lock.lock();

  if (lease->released) {
    forget_range(*lease);
    in_ring_.erase(lease->sequence);
    destroy(lease);
    if (!left_) store_pin();
    return true;
  }
  if (!pages || !pages.put_at(lease->data)) {
    forget_range(*lease);
    lease->place = Lease::Place::ring;
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

std::uint64_t LeaseTable::evacuate() noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  std::uint64_t moved = 0;
  std::uint64_t again_ns = kNever;
  while (!left_ && !in_ring_.empty() && !segment_.forked()) {
    const auto [sequence, lease] = *in_ring_.begin();
    const bool asked_here = sequence < move_below_;
    if (!asked_here && sequence >= entry().evict_below.load(std::memory_order_acquire)) break;
    if (!asked_here && is_let_be(*lease)) {
      again_ns = lease->let_be_until_ns;
      break;
    }
    if (!move_out(lock, lease)) {
      again_ns = monotonic_ns() + kRetryNs;
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
  return again_ns;
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
