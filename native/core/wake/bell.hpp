// Doorbells: a FIFO that an event loop polls and a peer rings.
//
// One bell serves any number of arenas of its loop. Its name exists only while its owner has it open; a name
// whose owner died has no reading end, which is how a peer recognises and removes it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/life/fork_guard.hpp"

namespace qads {

class Bell {
 public:
  /// Throws permission, no_space or system.
  Bell();
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  std::uint64_t id() const noexcept { return id_; }
  /// Readable when rung; non-blocking. Owned by the bell.
  int fd() const noexcept { return fd_.get(); }
  /// A duplicate that the caller owns: for event loops that insist on closing what they poll.
  int duplicate_fd() const;
  /// True while peers find it under its name: others may have removed the files of shared memory.
  bool is_named() const noexcept;
  /// Sleeps until rung or `deadline_ns` (monotonic); false on time-out.
  bool wait(std::uint64_t deadline_ns) const noexcept;
  /// Takes all rings that are there.
  void drain() const noexcept;
  void ring_self() const noexcept;
  /// Removes the name before the bell goes: no peer finds it any more. Idempotent.
  void remove_name() const noexcept;

 private:
  std::uint64_t id_;
  GuardedFd fd_;
};

/// Rings bells by identity and keeps their descriptors. Not thread-safe.
class BellRinger {
 public:
  /// False if nobody owns the bell any more, or there is no memory to open it.
  bool ring(std::uint64_t bell_id) noexcept;

 private:
  bool ring_known_or_open(std::uint64_t bell_id);
  struct Known {
    std::uint64_t id;
    GuardedFd fd;
  };
  std::vector<Known> known_;
};

/// Rings once, without keeping the descriptor. Thread-safe.
void ring_bell(std::uint64_t bell_id) noexcept;

/// Lets whoever may write to the segment ring this bell of this process; bells are their owner's alone
/// otherwise.
void admit_to_bell(std::uint64_t bell_id, int segment_fd) noexcept;

/// Removes the name of a bell whose owner is gone.
void remove_orphaned_bell(std::uint64_t bell_id) noexcept;
/// The same for all that there are: also those of a process that died before it told anybody of its bell.
void remove_orphaned_bells() noexcept;

}  // namespace qads
