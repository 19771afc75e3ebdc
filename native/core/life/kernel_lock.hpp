// Advisory locks on single bytes of the segment: who is alive, told by the kernel.
//
// Open-file-description locks belong to the descriptor, not the process: several parties in one process
// exclude each other, and the kernel drops the lock when the last copy of the descriptor is closed, by
// whatever death.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/clock.hpp"

namespace qads {

/// True if the lock was taken (or is already held through this descriptor). Else `errno` says why:
/// is_conflict, or the kernel refused.
[[nodiscard]] bool try_lock_byte(int fd, std::uint64_t byte);
/// True if the lock was taken together with others who do so.
[[nodiscard]] bool try_share_byte(int fd, std::uint64_t byte);
[[nodiscard]] bool is_conflict(int error) noexcept;
void unlock_byte(int fd, std::uint64_t byte) noexcept;
/// True if another open file description holds the byte.
[[nodiscard]] bool is_byte_locked_by_other(int fd, std::uint64_t byte) noexcept;

/// Holds the membership byte: joining, leaving and taking over exclude each other. Never held on the data
/// path.
class MembershipLock {
 public:
  /// Waits until `deadline`; `held()` says whether it succeeded.
  MembershipLock(int fd, Deadline deadline);
  ~MembershipLock();
  MembershipLock(const MembershipLock&) = delete;
  MembershipLock& operator=(const MembershipLock&) = delete;
  bool held() const noexcept { return held_; }
  /// Throws if it is not held: timed_out if another holds it, system if the kernel refused.
  void check_held(const std::string& arena) const;

 private:
  bool try_lock();

  int fd_;
  int error_ = 0;
  bool held_;
};

}  // namespace qads
