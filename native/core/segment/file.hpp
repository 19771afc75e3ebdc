// Steps of making, naming, checking and replacing the file behind an arena.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/clock.hpp"
#include "core/layout/arena.hpp"
#include "core/layout/sync_points.hpp"
#include "core/life/fork_guard.hpp"
#include "core/life/kernel_lock.hpp"
#include "segment.hpp"

namespace qads {

/// Checks the options. Throws invalid_argument, no_space.
SharedMemoryHeader make_header(const ArenaOptions& options, std::uint64_t generation,
                               const std::string& name);

/// A sized, zeroed, initialised segment without a name: if the process dies here, it is gone.
GuardedFd make_unnamed_segment(const SharedMemoryHeader& header, const std::string& name);

/// Opens the file behind a validated name; empty if there is none. Throws not_an_arena, permission, system.
GuardedFd open_segment_file(const std::string& name);

/// Links the segment to `path`. False with errno EEXIST if the path is taken.
[[nodiscard]] bool give_name(int fd, const std::string& path) noexcept;

/// Reads the header without mapping it and checks every word and the file's size.
SharedMemoryHeader read_checked_header(int fd, const std::string& name);

/// True for a file of which a part has no memory.
inline bool is_sparse(const struct stat& status) noexcept {
  return S_ISREG(status.st_mode) && status.st_blocks < status.st_size / 512;
}

/// Else `errno` says why: 0 if the path leads to another file.
bool same_file(int fd, const std::string& path) noexcept;

/// Says why a name cannot be removed: permission, with whose it is, or system.
[[noreturn]] void fail_removing(int error, const std::string& name);

/// Removes the bells of the dead, and what this user's arenas left when others were the last to leave.
void remove_what_is_left() noexcept;

/// An arena whose writer is gone and whose name is about to be given to another, locked against a second
/// claimant; or nothing, if the name is free.
class DeadArena {
 public:
  /// Throws writer_exists if the writer lives, not_an_arena if the file is something else.
  static DeadArena claim(const std::string& name, Deadline deadline);
  std::uint64_t next_generation() const noexcept { return generation_ + 1; }
  bool exists() const noexcept { return static_cast<bool>(fd_); }
  /// Removes its name and lets go of it. Idempotent. Throws permission if that is for another user to do.
  void remove();

 private:
  DeadArena() = default;
  std::string name_, path_;
  GuardedFd fd_;
  std::uint64_t generation_ = 0;
  std::optional<SharedMemoryHeader> header_;
};

}  // namespace qads
