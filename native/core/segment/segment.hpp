// The segment in shared memory: made atomically, checked before it is trusted, removed by the last who
// leaves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/wrap.hpp"
#include "core/layout/arena.hpp"
#include "core/life/fork_guard.hpp"
#include "fault_handler.hpp"

namespace qads {

struct ArenaOptions {
  std::uint64_t capacity = 64u << 20;  // bytes of the data ring, rounded up to pages
  std::uint32_t slots = 1024;
  std::uint32_t max_readers = 32;
  OnFull on_full = OnFull::block;
  std::uint32_t mode = 0600;
  bool one_schema = false;
};

class SharedSegment {
 public:
  /// Makes the arena `name`, in one step as others see it, and holds its writer lock. Takes over the name of
  /// an arena whose writer is gone; its readers keep what they have mapped. Throws writer_exists,
  /// not_an_arena, no_space, …
  static SharedSegment create(const std::string& name, const ArenaOptions& options);

  /// Opens an arena and checks its header. Throws not_found, not_an_arena, incompatible, corrupt, permission.
  static SharedSegment open(const std::string& name);

  SharedSegment(SharedSegment&&) noexcept;
  SharedSegment& operator=(SharedSegment&&) = delete;
  ~SharedSegment();

  const std::string& name() const noexcept { return name_; }
  int fd() const noexcept { return fd_.get(); }
  /// A private, checked copy: never re-read from shared memory.
  const SharedMemoryHeader& header() const noexcept { return header_; }
  ControlPage& control() const noexcept { return *reinterpret_cast<ControlPage*>(base_); }
  /// `index` < header().max_readers.
  ReaderEntry& reader(std::uint32_t index) const noexcept {
    return reinterpret_cast<ReaderEntry*>(base_ + header_.reader_table_offset)[index];
  }
  Slot& slot(std::uint64_t sequence) const noexcept {
    return reinterpret_cast<Slot*>(base_ + header_.slot_table_offset)[slot_index_(sequence)];
  }
  /// Where `position` lies in the data ring.
  std::uint64_t ring_offset(std::uint64_t position) const noexcept { return in_ring_(position); }
  /// Entries that were ever used, clamped to the table.
  std::uint32_t readers_in_use() const noexcept;

  /// True while the name leads to this segment. Else `errno` is 0 if it leads to another.
  bool is_named() const noexcept;
  bool writer_alive() const noexcept;
  bool reader_alive(std::uint32_t index) const noexcept;
  /// No live writer and no live reader; the caller holds the membership lock and has given up its own place.
  bool deserted() const noexcept;
  /// Removes the name if it still leads here, and what the dead left. The caller is the last, and holds the
  /// membership lock. Of a name that is for another user to remove only the memory goes.
  void remove_name() noexcept;
  /// Throws not_found if everybody has left: before one joins, and again with the membership lock held.
  void check_not_deserted() const;
  /// This party leaves and still looks at bytes of the ring, until give_bytes_back().
  void keep_bytes() noexcept;
  void give_bytes_back() noexcept;

  bool forked() const noexcept { return fork_epoch_ != fork_epoch(); }
  /// Throws forked in a child of the process that made this.
  void check_not_forked() const;

 private:
  SharedSegment(std::string name, GuardedFd fd, const SharedMemoryHeader& header);

  std::string name_;
  GuardedFd fd_;
  SharedMemoryHeader header_;
  Wrap slot_index_;
  Wrap in_ring_;
  std::uint8_t* base_ = nullptr;
  bool keeps_bytes_ = false;
  std::optional<FaultRange> fault_range_;
  std::uint64_t fork_epoch_;
};

/// Removes a name. False if there was none. Throws name_invalid, permission.
bool unlink_arena(const std::string& name);

/// How long joining, leaving and taking over wait for each other: they hold the lock for microseconds.
inline Deadline membership_deadline() noexcept { return Deadline::after_ms(5000); }

}  // namespace qads
