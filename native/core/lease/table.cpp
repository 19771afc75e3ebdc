#include "table.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "core/base/log.hpp"
#include "core/layout/counters.hpp"
#include "core/layout/sync_points.hpp"
#include "core/segment/dead_readers.hpp"
#include "core/wake/bell.hpp"
#include "core/wake/semaphore.hpp"
#include "evacuator.hpp"

namespace qads {
namespace {

// Bounds on mappings, well under the kernel's default of 65,530 a process: above them a batch is copied at
// read.
constexpr std::uint64_t kMaxMovedRanges = 16'384;
std::atomic<std::uint64_t> moved_ranges_of_process{0};
constexpr std::size_t kMaxViews = 1'024;
// Private pages that are kept for the next evacuation, at most.
constexpr std::uint64_t kMaxPooledBytes = 64u << 20;

HeapBytes allocate_bytes(std::uint64_t length) {
  auto* bytes = static_cast<std::uint8_t*>(
      std::aligned_alloc(kSmallAlignment, Geometry::align_up(length, kSmallAlignment)));
  if (bytes == nullptr) throw std::bad_alloc();
  return HeapBytes(bytes);
}

}  // namespace

LeaseTable::LeaseTable(SharedSegment segment)
    : segment_(std::move(segment)), pool_(std::min(kMaxPooledBytes, segment_.header().ring_capacity)) {
  const View* first = add_view();
  first->ring->populate();
  ring_ = first->ring->base();
}

LeaseTable::~LeaseTable() {
  segment_.give_bytes_back();
  strike_from_evacuation(this);
  moved_ranges_of_process.fetch_sub(moved_ranges_.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

bool LeaseTable::View::is_free(std::uint64_t begin, std::uint64_t end) const noexcept {
  const auto after = moved.lower_bound(end);
  return after == moved.begin() || std::prev(after)->second <= begin;
}

LeaseTable::View* LeaseTable::add_view() {
  const SharedMemoryHeader& header = segment_.header();
  auto view = std::make_unique<View>();
  view->ring = std::make_unique<RingView>(segment_.fd(), header.ring_offset, header.ring_capacity,
                                          Access::read_only, segment_.name());
  views_.push_back(std::move(view));
  return views_.back().get();
}

LeaseTable::View* LeaseTable::view_of(const std::uint8_t* data) noexcept {
  for (const auto& view : views_) {
    if (data >= view->ring->base() && data < view->ring->base() + view->ring->span()) return view.get();
  }
  return nullptr;
}

const std::uint8_t* LeaseTable::find_unmoved(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t capacity = segment_.header().ring_capacity;
  // The second half shows the same bytes: a range that does not wrap has two chances in each mapping.
  const auto in = [&](const View& view) -> const std::uint8_t* {
    if (view.is_free(offset, offset + length)) return view.ring->base() + offset;
    if (offset + length <= capacity && view.is_free(offset + capacity, offset + capacity + length)) {
      return view.ring->base() + offset + capacity;
    }
    return nullptr;
  };
  views_.erase(std::remove_if(views_.begin() + 1, views_.end(),
                              [](const auto& view) { return view->leases == 0 && view->moved.empty(); }),
               views_.end());
  for (const auto& view : views_) {
    if (const std::uint8_t* data = in(*view)) return data;
  }
  if (views_.size() >= kMaxViews) return nullptr;
  try {
    return add_view()->ring->base() + offset;
  } catch (const std::exception&) {
    return nullptr;  // the kernel refused another mapping: the caller copies
  }
}

const std::uint8_t* LeaseTable::bytes_beside_moved(std::uint64_t offset, std::uint64_t length) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const std::uint8_t* data = find_unmoved(offset, length)) return data;
  scratch_ = allocate_or_make_room(length);
  const SharedMemoryHeader& header = segment_.header();
  for (std::uint64_t done = 0; done < length;) {
    const std::uint64_t in_ring = (offset + done) % header.ring_capacity;
    const std::uint64_t part = std::min(length - done, header.ring_capacity - in_ring);
    const ssize_t got =
        pread(segment_.fd(), scratch_.get() + done, part, static_cast<off_t>(header.ring_offset + in_ring));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return nullptr;
    done += static_cast<std::uint64_t>(got);
  }
  bump(entry().bytes_copied, length);
  return scratch_.get();
}

const std::uint8_t* LeaseTable::copy_aside(const std::uint8_t* data, std::uint64_t length) {
  scratch_ = allocate_bytes(length);
  std::memcpy(scratch_.get(), data, length);
  bump(entry().bytes_copied, length);
  return scratch_.get();
}

void LeaseTable::pin_peeked(std::uint64_t sequence) {
  const std::lock_guard<std::mutex> lock(mutex_);
  peeked_ = sequence;
  store_pin();
}

void LeaseTable::unpin_peeked() {
  const std::lock_guard<std::mutex> lock(mutex_);
  peeked_ = kNoPin;
  store_pin();
}

Lease* LeaseTable::add(std::uint64_t sequence, const std::uint8_t* data, std::uint64_t length) {
  auto lease = std::make_unique<Lease>();
  lease->sequence = sequence;
  lease->length = length;
  View* view = length >= segment_.header().lease_threshold ? view_of(data) : nullptr;
  if (view != nullptr && may_lease_in_place(length)) {
    lease->data = data;
    lease->place = Lease::Place::ring;
    lease->view = view;
    lease->view_offset = static_cast<std::uint64_t>(data - view->ring->base());
    lease->mapped_length = Geometry::align_up(length, segment_.header().page_size);
    in_ring_.emplace(sequence, lease.get());
    ++view->leases;
  } else if (is_aside(data)) {
    lease->heap = std::move(scratch_);
    lease->data = data;
  } else {
    lease->heap = allocate_or_make_room(length);
    std::memcpy(lease->heap.get(), data, length);
    lease->data = lease->heap.get();
    bump(entry().bytes_copied, length);
  }
  lease->table = shared_from_this();
  lease_count_.fetch_add(1, std::memory_order_relaxed);
  return lease.release();
}

/// A lease that nobody can move could hold the writer for ever: what its move takes is in hand before.
bool LeaseTable::may_lease_in_place(std::uint64_t length) noexcept {
  if (moved_ranges_of_process.load(std::memory_order_relaxed) >= kMaxMovedRanges) return false;
  if ((!enlisted_ || refused_) && !can_move(length)) return false;
  const std::size_t before = in_ring_.empty() ? 0 : spares_.pairs();
  if (spares_.grow_to(in_ring_.size() + 1 + kSparePairs)) return true;
  // The last mappings are the program's.
  spares_.shrink_to(before);
  return false;
}

/// Before the first lease, and after a refusal: now and then, and for real.
bool LeaseTable::can_move(std::uint64_t length) noexcept {
  const std::uint64_t now = coarse_monotonic_ns();
  if (now < try_again_ns_) return false;
  const bool can = can_move_pages(Geometry::align_up(length, segment_.header().page_size));
  if (can && enlist()) {
    refused_ = false;
    return true;
  }
  if (!can && try_again_ns_ == 0) {
    QADS_LOG(warn, "arena=%s reader=%u: the kernel refuses to move pages; batches are copied at read",
             segment_.name().c_str(), index_);
  }
  try_again_ns_ = now + kRetryNs;
  return false;
}

HeapBytes LeaseTable::allocate_or_make_room(std::uint64_t length) {
  try {
    return allocate_bytes(length);
  } catch (const std::bad_alloc&) {
    if (!make_room(in_ring_.size() + kSparePairs / 2)) throw;
    return allocate_bytes(length);
  }
}

bool LeaseTable::enlist() noexcept {
  if (enlisted_) return true;
  try {
    const std::uint64_t bell_id = enlist_for_evacuation(weak_from_this());
    admit_to_bell(bell_id, segment_.fd());
    // evict_request: sequentially consistent, so that the look at `evict_below` comes after.
    entry().evacuator_bell_id.store(bell_id, std::memory_order_seq_cst);
    enlisted_ = true;
  } catch (const std::exception& error) {
    QADS_LOG(warn, "arena=%s reader=%u: no evacuator (%s); batches are copied at read",
             segment_.name().c_str(), index_, error.what());
  }
  return enlisted_;
}

/// The writer asks once for everything below a sequence. A lease that is taken there later must not wait for
/// it to ask again. evict_request: either the writer rings the bell after this lease is in the table, or its
/// request is seen here.
void LeaseTable::answer_earlier_request(const Lease& lease) const noexcept {
  if (lease.place != Lease::Place::ring) return;
  if (lease.sequence < entry().evict_below.load(std::memory_order_seq_cst)) wake_evacuator();
}

void LeaseTable::store_pin() noexcept {
  const std::uint64_t lowest = in_ring_.empty() ? kNoPin : in_ring_.begin()->first;
  // Sequentially consistent: in drop-oldest this store and the writer's move of the cursor must have one
  // order (acquire_pin / claim_skip), and after a release it must precede the look at `wanted` (release_pin /
  // writer_wait_flag).
  entry().pin.store(std::min(lowest, peeked_), std::memory_order_seq_cst);
}

std::uint64_t LeaseTable::limit() const noexcept {
  // Sequentially consistent: of two threads that free the last two things the writer waits for, one must see
  // both (release_pin, advance_cursor / writer_wait_flag).
  return std::min(entry().cursor.load(std::memory_order_seq_cst),
                  entry().pin.load(std::memory_order_seq_cst));
}

bool LeaseTable::mark_range(Lease& lease) noexcept {
  auto* view = static_cast<View*>(lease.view);
  try {
    view->moved.emplace(lease.view_offset, lease.view_offset + lease.mapped_length);
  } catch (const std::bad_alloc&) {
    return false;
  }
  moved_ranges_.fetch_add(1, std::memory_order_release);
  moved_ranges_of_process.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void LeaseTable::forget_range(Lease& lease) noexcept {
  auto* view = static_cast<View*>(lease.view);
  view->moved.erase(lease.view_offset);
  moved_ranges_.fetch_sub(1, std::memory_order_release);
  moved_ranges_of_process.fetch_sub(1, std::memory_order_relaxed);
}

void LeaseTable::give_back_private(Lease& lease) noexcept {
  const RingView& ring = *static_cast<View*>(lease.view)->ring;
  private_bytes_.fetch_sub(lease.mapped_length, std::memory_order_relaxed);
  if (left_) return ring.discard(lease.view_offset, lease.mapped_length);
  entry().private_bytes.store(private_bytes(), std::memory_order_relaxed);
  if (!lease.in_file) pool_.keep(lease.data, lease.mapped_length);
  const auto restore = [&] { return ring.restore(segment_.fd(), lease.view_offset, lease.mapped_length); };
  if (restore() || (make_room(in_ring_.size() + kSparePairs / 2) && restore())) {
    forget_range(lease);
  } else {
    ring.discard(lease.view_offset,
                 lease.mapped_length);  // the range stays marked as moved: nothing is read there again
  }
}

void LeaseTable::destroy(Lease* lease) noexcept {
  if (lease->view != nullptr) --static_cast<View*>(lease->view)->leases;
  lease_count_.fetch_sub(1, std::memory_order_relaxed);
  delete lease;
}

void LeaseTable::release(Lease* lease) noexcept {
  const std::shared_ptr<LeaseTable> table = lease->table;  // outlives the lock below
  if (table->segment_.forked()) return;  // the parent's lease: nothing here is ours to give back
  {
    const std::lock_guard<std::mutex> lock(table->mutex_);
    switch (lease->place) {
      case Lease::Place::moving:
        lease->released = true;  // the evacuator is copying it and will finish the job
        return;
      case Lease::Place::heap:
        table->destroy(lease);
        return;
      case Lease::Place::moved:
        table->patience_.moved_lease_ended(monotonic_ns() - lease->moved_ns);
        table->give_back_private(*lease);
        table->destroy(lease);
        return;
      case Lease::Place::ring:
        if (lease->let_be_until_ns != 0) table->patience_.rewarded();
        table->in_ring_.erase(lease->sequence);
        table->destroy(lease);
        if (table->left_) return;
        table->store_pin();
        break;
    }
  }
  sync_point(SyncPoint::release_pin);
  table->wake_writer(table->limit());
  const std::lock_guard<std::mutex> lock(table->mutex_);
  if (table->detached_ && !table->left_ && table->in_ring_.empty()) table->leave();
}

void LeaseTable::detach() noexcept {
  if (segment_.forked()) return;
  // In this order, as in leave(): the membership lock belongs to the descriptor and does not keep two threads
  // of this process apart, the mutex does.
  const std::lock_guard<std::mutex> lock(mutex_);
  const MembershipLock membership(segment_.fd(), Deadline::after_ms(1000));
  if (detached_) return;
  detached_ = true;
  const DeadReaders dead = find_dead_readers(segment_, index_);
  if (!dead.others_attached) {
    // Nobody reads on: what this reader has read may go, the rest is kept for the next.
    store_floor(segment_, entry().cursor.load(std::memory_order_relaxed));
    if (membership.held()) disregard(segment_, dead);
  }
  sync_point(SyncPoint::leave_floor);
  segment_.control().reclaim.departures.fetch_add(1, std::memory_order_seq_cst);
  if (!in_ring_.empty() && segment_.writer_alive()) {
    entry().evict_below.store(kNoPin, std::memory_order_release);
    entry().state.store(static_cast<std::uint32_t>(ReaderState::leaving), std::memory_order_seq_cst);
    wake_writer(kNoPin);
    wake_evacuator();
    return;
  }
  free_entry(membership);
}

void LeaseTable::leave() noexcept {
  const MembershipLock membership(segment_.fd(), Deadline::after_ms(1000));
  free_entry(membership);
}

void LeaseTable::free_entry(const MembershipLock& membership) noexcept {
  left_ = true;
  if (!in_ring_.empty()) {
    segment_.keep_bytes();
    // Without a writer, what is held in the ring stays as it is: a forked child may look.
    for (const auto& view : views_) view->ring->show_to_forks();
  }
  // Free before unlocked: an entry that is in use but unlocked would be reaped as dead.
  entry().state.store(static_cast<std::uint32_t>(ReaderState::free), std::memory_order_seq_cst);
  sync_point(SyncPoint::leave_free);
  unlock_byte(segment_.fd(), reader_lock(index_));
  wake_writer(kNoPin);
  if (membership.held() && segment_.deserted()) segment_.remove_name();
  // Last: a process that exits waits for the tables that it finds there (finish_leaving), and would otherwise
  // end this thread before the name is gone.
  strike_from_evacuation(this);
  left_changed_.notify_all();
}

bool LeaseTable::wait_left(Deadline deadline) noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  while (detached_ && !left_ && !deadline.passed())
    left_changed_.wait_for(lock, std::chrono::milliseconds(10));
  return left_;
}

void LeaseTable::wake_writer(std::uint64_t limit) noexcept {
  WriterWaitLine& wait = segment_.control().writer_wait;
  const std::uint64_t wanted = wait.wanted.load(std::memory_order_seq_cst);
  if (wanted == 0 || limit < wanted) return;
  if (wait.wanted.exchange(0, std::memory_order_acq_rel) == 0) return;  // another reader wakes it
  sync_point(SyncPoint::wake_writer);
  if (wait.wake_by.load(std::memory_order_relaxed) == static_cast<std::uint32_t>(WakeBy::bell)) {
    ring_bell(wait.bell_id.load(std::memory_order_relaxed));
  } else {
    post_semaphore(wait.semaphore);
  }
}

}  // namespace qads
