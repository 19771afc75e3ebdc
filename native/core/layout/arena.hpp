// The bytes of an arena. docs/memory-layout.md is the normative text; this file is its only code.
//
//   offset  words                    what                                written by
//   0       SharedMemoryHeader       identity, sizes, offsets, checksum  the creator, once
//   128     PublishLine              published, state                    the writer
//   256     ReclaimLine              oldest, floor, counters             the writer; floor: whoever leaves last
//   384     ReaderWaitLine           one bit for each waiting reader     readers set, the writer clears
//   512     WriterWaitLine           wanted sequence, bell, semaphore    the writer sets, readers clear
//   640     AbortReason              text of abort(reason)               the writer, once
//   4096    ReaderEntry[maxReaders]  512 bytes each                      its reader
//   …       Slot[slotCount]          64 bytes each                       the writer
//   page    data ring                capacity bytes                      the writer
//
// All words are little-endian, fixed width, lock-free atomics. Positions and sequences only grow.
// Lines that different parties write are kLineSpacing apart, so that neither false sharing nor the
// adjacent-line prefetcher couples them; the spacing is part of the format, not of the machine.
#pragma once

#include <semaphore.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace qads {

using Word32 = std::atomic<std::uint32_t>;
using Word64 = std::atomic<std::uint64_t>;
static_assert(Word32::is_always_lock_free && Word64::is_always_lock_free, "shared words must be lock-free");
static_assert(sizeof(Word32) == 4 && sizeof(Word64) == 8, "shared words must be bare integers");

inline constexpr std::uint32_t kMagic = 0x53444151;  // "QADS", little-endian
inline constexpr std::uint32_t kLayoutVersion = 1;
inline constexpr std::size_t kLineSpacing = 128;
inline constexpr std::size_t kControlBytes = 4096;
inline constexpr std::uint32_t kMaxReaders = 512;
inline constexpr std::uint32_t kMaxSlots = 1u << 20;
inline constexpr std::uint32_t kMinSlots = 2;
inline constexpr std::uint64_t kMaxCapacity = std::uint64_t{1} << 40;
inline constexpr std::size_t kAbortReasonBytes = 1000;
inline constexpr std::size_t kSemaphoreBytes = 64;
static_assert(sizeof(sem_t) <= kSemaphoreBytes, "the semaphore outgrew its place in the layout");

/// A batch of at least this many bytes starts on a page boundary, so that its pages can be leased and
/// evacuated; a smaller one starts on kSmallAlignment and is copied out at read, which is cheaper than a
/// lease.
inline constexpr std::uint32_t kLeaseThreshold = 32 * 1024;
inline constexpr std::uint64_t kSmallAlignment = 64;

/// Value of a pin on which no lease is held.
inline constexpr std::uint64_t kNoPin = std::numeric_limits<std::uint64_t>::max();

/// What a writer does when the ring is full. Part of the format.
enum class OnFull : std::uint32_t { block = 0, drop_oldest = 1, drop_newest = 2, error = 3 };

/// `deserted`: everybody has left, and the last could not remove the name. To everybody it is not there.
enum class ArenaState : std::uint32_t { open = 1, ended = 2, aborted = 3, deserted = 4 };

/// free → joining → live → (leaving →) free. `leaving`: closed, but leases still pin its range.
enum class ReaderState : std::uint32_t { free = 0, joining = 1, live = 2, leaving = 3 };

/// How a sleeping party wants to be woken.
enum class WakeBy : std::uint32_t { semaphore = 0, bell = 1 };

inline constexpr std::uint32_t kFlagOneSchema = 1u << 0;

/// Written before the arena gets its name, never changed after. `checksum` covers the bytes before it.
struct SharedMemoryHeader {
  std::uint32_t magic;
  std::uint32_t layout_version;
  std::uint32_t page_size;
  std::uint32_t on_full;
  std::uint64_t total_size;
  std::uint64_t arena_id;
  std::uint64_t generation;
  std::uint64_t created_ns;  // CLOCK_REALTIME
  std::uint64_t reader_table_offset;
  std::uint64_t slot_table_offset;
  std::uint64_t ring_offset;
  std::uint64_t ring_capacity;
  std::uint32_t max_readers;
  std::uint32_t slot_count;
  std::uint32_t lease_threshold;
  std::uint32_t flags;
  std::uint32_t mode;
  std::uint32_t writer_pid;  // as the writer's PID namespace numbers it; for people, never for decisions
  std::uint64_t checksum;
};

struct PublishLine {
  Word64 published;  // sequences below this are committed
  Word32 state;      // ArenaState
};

struct ReclaimLine {
  Word64 oldest;          // lowest sequence at which a reader may join
  Word64 floor;           // with no reader attached: lowest sequence that must be kept
  Word64 joins;           // readers that ever joined
  Word32 readers_in_use;  // entries at and above this index were never used
  Word32 departures;      // readers that ever left; a scan that sees it change begins again
  Word64 batches, bytes, dropped_newest, dropped_oldest, waits, wait_ns, reaped, evictions;
  Word64 write_position;
};

struct ReaderWaitLine {
  Word64 waiting[kMaxReaders / 64];
};

struct WriterWaitLine {
  Word64 wanted;  // 0: not waiting; else wake when a reader's limit reaches this sequence
  Word64 bell_id;
  Word32 wake_by;  // WakeBy
  Word32 reserved;
  alignas(64) unsigned char semaphore[kSemaphoreBytes];
};

struct AbortReason {
  Word32 code;
  Word32 length;
  char text[kAbortReasonBytes];
};

/// The control page. Offsets are asserted below; docs/memory-layout.md repeats them.
struct ControlPage {
  SharedMemoryHeader header;
  alignas(kLineSpacing) PublishLine publish;
  alignas(kLineSpacing) ReclaimLine reclaim;
  alignas(kLineSpacing) ReaderWaitLine reader_wait;
  alignas(kLineSpacing) WriterWaitLine writer_wait;
  alignas(kLineSpacing) AbortReason abort_reason;
};

struct ReaderEntry {
  // Written by the reader at every batch; in drop_oldest the writer moves the cursor too (compare-and-swap).
  // The counters make no line of their own dirty.
  alignas(kLineSpacing) Word64 cursor;
  Word64 pin;
  Word64 batches, bytes, bytes_copied, lost, waits, evacuations;
  // Life: written by the reader now and then, and read by the writer when it scans.
  alignas(kLineSpacing) Word32 state;  // ReaderState
  Word32 pid;
  Word32 wake_by;
  Word32 reserved;
  Word64 bell_id;
  Word64 evacuator_bell_id;
  Word64 joined_ns;
  Word64 private_bytes;
  alignas(kLineSpacing) unsigned char semaphore[kSemaphoreBytes];
  // Written by the writer: leases below this sequence are in its way.
  alignas(kLineSpacing) Word64 evict_below;
};

struct Slot {
  Word64 sequence;
  Word64 position;  // ever-growing; offset in the ring is position % capacity
  Word64 length;
  Word64 rows;
  Word64 fingerprint;
  Word64 commit_ns;  // CLOCK_REALTIME
  Word64 reserved;
  Word64 check;  // mix of the words above: a slot that does not match is corrupt
};

static_assert(sizeof(SharedMemoryHeader) == 112);
static_assert(offsetof(ControlPage, publish) == 128);
static_assert(offsetof(ControlPage, reclaim) == 256);
static_assert(offsetof(ControlPage, reader_wait) == 384);
static_assert(offsetof(ControlPage, writer_wait) == 512);
static_assert(offsetof(ControlPage, abort_reason) == 640);
static_assert(sizeof(ControlPage) <= kControlBytes);
static_assert(sizeof(ReaderEntry) == 4 * kLineSpacing);
static_assert(offsetof(ReaderEntry, evacuations) + sizeof(Word64) == 64);
static_assert(sizeof(Slot) == 64);
static_assert(std::is_standard_layout_v<ControlPage> && std::is_standard_layout_v<ReaderEntry> &&
              std::is_standard_layout_v<Slot>);

/// Sizes and offsets of an arena, computed from its options (writer) or checked from its header (reader).
struct Geometry {
  std::uint64_t reader_table_offset;
  std::uint64_t slot_table_offset;
  std::uint64_t ring_offset;
  std::uint64_t ring_capacity;
  std::uint64_t total_size;

  /// `alignment` is a power of two.
  static constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
    return (value + alignment - 1) & ~(alignment - 1);
  }

  static constexpr Geometry of(std::uint64_t capacity, std::uint32_t slots, std::uint32_t readers,
                               std::uint64_t page_size) {
    Geometry g{};
    g.reader_table_offset = kControlBytes;
    g.slot_table_offset = g.reader_table_offset + std::uint64_t{readers} * sizeof(ReaderEntry);
    g.ring_offset = align_up(g.slot_table_offset + std::uint64_t{slots} * sizeof(Slot), page_size);
    g.ring_capacity = align_up(capacity, page_size);
    g.total_size = g.ring_offset + g.ring_capacity;
    return g;
  }
};

/// Bytes of the segment that parties lock (open-file-description locks); the kernel drops a lock when its
/// holder dies.
inline constexpr std::uint64_t kMembershipLock =
    0;  // held for the microseconds of joining, leaving, taking over
inline constexpr std::uint64_t kWriterLock = 1;
inline constexpr std::uint64_t reader_lock(std::uint32_t index) { return 2 + std::uint64_t{index}; }
/// Shared, by whoever has left and still looks at bytes of the ring: what it holds has no other writer to
/// move for.
inline constexpr std::uint64_t kBytesLock = 2 + std::uint64_t{kMaxReaders};

}  // namespace qads
