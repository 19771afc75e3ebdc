// The leases of one reader, in its own process: which bytes they show, where they are mapped, and the pin
// that tells the writer about them. Shared by the reader, by everybody who holds a lease, and by the
// evacuator.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/clock.hpp"
#include "core/layout/arena.hpp"
#include "core/layout/sync_points.hpp"
#include "core/life/kernel_lock.hpp"
#include "core/segment/ring_view.hpp"
#include "core/segment/segment.hpp"
#include "patience.hpp"
#include "private_pages.hpp"
#include "spare_mappings.hpp"

namespace qads {

class LeaseTable;

/// Private memory for a batch that is copied, aligned as in the ring.
struct FreeBytes {
  void operator()(std::uint8_t* bytes) const noexcept { std::free(bytes); }
};
using HeapBytes = std::unique_ptr<std::uint8_t[], FreeBytes>;

/// A reader's right to look at one batch's bytes. Owned by the table; given back once, from any thread.
struct Lease {
  const std::uint8_t* data;
  std::uint64_t length;
  std::uint64_t sequence;
  std::shared_ptr<LeaseTable> table;  // keeps the mappings alive; reset by release

  /// The bytes of a batch that was copied, or nullptr.
  std::uint8_t* copy() const noexcept { return heap.get(); }

 private:
  friend class LeaseTable;
  enum class Place { ring, moving, moved, heap };
  Place place = Place::heap;
  bool released = false;
  bool in_file = false;  // moved by replace_by_file
  void* view = nullptr;  // LeaseTable::View
  std::uint64_t view_offset = 0;
  std::uint64_t mapped_length = 0;    // whole pages
  std::uint64_t let_be_until_ns = 0;  // in the writer's way, and given time; 0: not in its way yet
  std::uint64_t moved_ns = 0;
  HeapBytes heap;
};

class LeaseTable : public std::enable_shared_from_this<LeaseTable> {
 public:
  /// Takes the segment and maps its ring. Throws no_space or system.
  explicit LeaseTable(SharedSegment segment);
  /// The reader's entry; once, before anything else is done with the table.
  void occupy(std::uint32_t index) noexcept { index_ = index; }
  ~LeaseTable();
  LeaseTable(const LeaseTable&) = delete;
  LeaseTable& operator=(const LeaseTable&) = delete;

  const SharedSegment& segment() const noexcept { return segment_; }
  ReaderEntry& entry() const noexcept { return segment_.reader(index_); }
  std::uint32_t index() const noexcept { return index_; }

  /// Where the batch at `position` can be read now, without a lease: the first mapping, unless pages there
  /// were moved away, then another; when there are too many of those, a copy that lives until the next call.
  const std::uint8_t* bytes_at(std::uint64_t position, std::uint64_t length) {
    const std::uint64_t offset = segment_.ring_offset(position);
    // Ranges that are moved after this look belong to leases: they never overlap a batch that is still
    // unread.
    if (moved_ranges_.load(std::memory_order_acquire) == 0) return ring_ + offset;
    return bytes_beside_moved(offset, length);
  }

  /// A private copy of a batch, which take() makes the lease's own. Lives until the next call of this or of
  /// bytes_at().
  const std::uint8_t* copy_aside(const std::uint8_t* data, std::uint64_t length);
  bool is_aside(const std::uint8_t* data) const noexcept { return data == scratch_.get(); }

  /// Pins `sequence` (and all above) before the caller advances its cursor: protects a batch that drop-oldest
  /// could take.
  void pin_peeked(std::uint64_t sequence);
  void unpin_peeked();

  /// Makes the batch that was peeked at `data` a lease, then runs `advance` (the cursor's store) while the
  /// pin stands. A small batch, or one that cannot be mapped, is copied to private memory.
  /// The writer reads the cursor first: who sees it past the batch sees a pin on it, or has its copy made.
  template <typename Advance>
  Lease* take(std::uint64_t sequence, const std::uint8_t* data, std::uint64_t length, Advance&& advance) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Lease* lease = add(sequence, data, length);
    if (peeked_ == kNoPin) {  // in drop-oldest the pin stands since the batch was claimed
      store_pin();
      sync_point(SyncPoint::acquire_pin);
    }
    advance();
    if (peeked_ != kNoPin) {
      peeked_ = kNoPin;
      store_pin();
    }
    answer_earlier_request(*lease);
    return lease;
  }

  /// Gives a lease back, from any thread; `lease` is gone after. Wakes a writer that waits for its space.
  static void release(Lease* lease) noexcept;

  /// True while the writer lacks the space of a lease: sooner or later the evacuator moves it. From any
  /// thread.
  bool holds_wanted() const noexcept {
    return entry().pin.load(std::memory_order_relaxed) < entry().evict_below.load(std::memory_order_relaxed);
  }

  static constexpr std::uint64_t kNever = UINT64_MAX;
  struct Evacuation {
    /// When to look again, on the monotonic clock, because the kernel refused or a lease is given time.
    std::uint64_t again_ns = kNever;
    bool asked = false;  // a lease was in the writer's way
    bool holds = false;  // leases are in the ring, of which any may be
  };
  /// Moves the leases below `evict_below` out of the ring. Called by the evacuator thread. Wakes the writer.
  Evacuation evacuate() noexcept;
  /// The evacuator has another bell.
  void tell_evacuator_bell(std::uint64_t bell_id) noexcept;

  /// Asks the evacuator for all leases that are held now; wake it then.
  void ask_to_move_all() noexcept;
  /// Waits until they are moved. False after the deadline.
  [[nodiscard]] bool wait_moved(Deadline deadline) noexcept;

  /// The reader closed. With leases in the ring and a live writer the entry stays `leaving` until they are
  /// moved.
  void detach() noexcept;

  /// Waits until a reader that closed has left its arena: its leases are moved by then. False after the
  /// deadline.
  [[nodiscard]] bool wait_left(Deadline deadline) noexcept;

  std::uint64_t lease_count() const noexcept { return lease_count_.load(std::memory_order_relaxed); }
  std::uint64_t private_bytes() const noexcept { return private_bytes_.load(std::memory_order_relaxed); }

  /// Wakes the writer if it waits for a sequence up to `limit`.
  void wake_writer(std::uint64_t limit) noexcept;

 private:
  // The kernel may have what it refused to give, memory or mappings, a little later.
  static constexpr std::uint64_t kRetryNs = 50'000'000;
  // Besides a pair for each lease in the ring: while pages are moved the kernel wants some more to be free.
  static constexpr std::size_t kSparePairs = 16;

  struct View {
    std::unique_ptr<RingView> ring;
    std::map<std::uint64_t, std::uint64_t>
        moved;  // begin → end offsets whose pages are (about to be) private
    std::uint64_t leases = 0;

    bool is_free(std::uint64_t begin, std::uint64_t end) const noexcept;
  };

  const std::uint8_t* bytes_beside_moved(std::uint64_t offset, std::uint64_t length);
  View* add_view();
  View* view_of(const std::uint8_t* data) noexcept;
  const std::uint8_t* find_unmoved(std::uint64_t offset, std::uint64_t length);
  Lease* add(std::uint64_t sequence, const std::uint8_t* data, std::uint64_t length);
  void store_pin() noexcept;
  std::uint64_t limit() const noexcept;
  bool may_lease_in_place(std::uint64_t length) noexcept;
  bool can_move(std::uint64_t length) noexcept;
  HeapBytes allocate_or_make_room(std::uint64_t length);
  bool enlist() noexcept;
  void answer_earlier_request(const Lease& lease) const noexcept;
  bool mark_range(Lease& lease) noexcept;
  void forget_range(Lease& lease) noexcept;
  void give_back_private(Lease& lease) noexcept;
  void destroy(Lease* lease) noexcept;
  bool is_let_be(Lease& lease) noexcept;
  bool move_out(std::unique_lock<std::mutex>& lock, Lease* lease) noexcept;
  void note_refusal() noexcept;
  bool make_room(std::size_t kept_pairs) noexcept;
  bool move_otherwise(Lease& lease, PrivatePages pages) noexcept;
  void leave() noexcept;
  void free_entry(const MembershipLock& membership) noexcept;

  SharedSegment segment_;
  std::uint32_t index_ = 0;
  std::mutex mutex_;
  std::vector<std::unique_ptr<View>> views_;
  const std::uint8_t* ring_ = nullptr;       // of the first view, which stays
  std::map<std::uint64_t, Lease*> in_ring_;  // by sequence: the first is the pin
  std::uint64_t peeked_ = kNoPin;
  std::uint64_t move_below_ = 0;  // leases below it are to be moved, whether they are in the way or not
  PrivatePagePool pool_;
  SpareMappings spares_;
  Patience patience_;
  HeapBytes scratch_;               // the copy of a batch that no mapping can show, or that nobody may change
  bool refused_ = false;            // the kernel refused to move pages
  std::uint64_t try_again_ns_ = 0;  // after a refusal
  bool enlisted_ = false;
  bool detached_ = false;
  bool left_ = false;
  std::condition_variable left_changed_;
  std::atomic<std::uint64_t> moved_ranges_{0};
  std::atomic<std::uint64_t> lease_count_{0};
  std::atomic<std::uint64_t> private_bytes_{0};
};

}  // namespace qads
