#include "kernel_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/error.hpp"
#include "core/layout/arena.hpp"

namespace qads {
namespace {

struct flock byte_range(std::uint64_t byte, short type) noexcept {
  struct flock range{};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(byte);
  range.l_len = 1;
  return range;
}

bool try_lock(int fd, std::uint64_t byte, short type) {
  struct flock range = byte_range(byte, type);
  int result;
  do {
    result = fcntl(fd, F_OFD_SETLK, &range);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

bool try_lock_byte(int fd, std::uint64_t byte) { return try_lock(fd, byte, F_WRLCK); }

bool try_share_byte(int fd, std::uint64_t byte) { return try_lock(fd, byte, F_RDLCK); }

bool is_conflict(int error) noexcept { return error == EAGAIN || error == EACCES; }

void unlock_byte(int fd, std::uint64_t byte) noexcept {
  struct flock range = byte_range(byte, F_UNLCK);
  fcntl(fd, F_OFD_SETLK, &range);
}

bool is_byte_locked_by_other(int fd, std::uint64_t byte) noexcept {
  struct flock range = byte_range(byte, F_WRLCK);
  // On an error nothing is known: the careful answer is "alive".
  if (fcntl(fd, F_OFD_GETLK, &range) != 0) return true;
  return range.l_type != F_UNLCK;
}

MembershipLock::MembershipLock(int fd, Deadline deadline) : fd_(fd), held_(try_lock()) {
  for (std::uint32_t pause_us = 10; !held_ && !deadline.passed();
       pause_us = pause_us < 1000 ? pause_us * 2 : 1000) {
    usleep(pause_us);
    held_ = try_lock();
  }
}

bool MembershipLock::try_lock() {
  if (try_lock_byte(fd_, kMembershipLock)) return true;
  error_ = errno;
  return false;
}

void MembershipLock::check_held(const std::string& arena) const {
  if (held_) return;
  if (!is_conflict(error_)) fail_errno(error_, "locking the arena", arena);
  fail(Errc::timed_out, "arena \"%s\": another process holds its membership lock and does not give it back",
       arena.c_str());
}

MembershipLock::~MembershipLock() {
  if (held_) unlock_byte(fd_, kMembershipLock);
}

}  // namespace qads
