#include "bell.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>

#include "bell_access.hpp"
#include "core/base/clock.hpp"
#include "core/base/descriptor.hpp"
#include "core/base/error.hpp"
#include "core/layout/name.hpp"
#include "core/os/space.hpp"

namespace qads {
namespace {

constexpr std::size_t kKnownBells = 64;
constexpr std::uint64_t kDeafPauseUs = 10'000;

/// The names that this process must remove, at the latest when it exits. A forked child removes none of its
/// parent's.
class Names {
 public:
  void add(std::uint64_t id, int fd) {
    const std::lock_guard<std::mutex> lock(mutex_);
    named_.push_back({id, fd, {}});
  }
  void admit(std::uint64_t id, int segment_fd) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = find(id);
    if (found != named_.end()) found->access.admit(found->fd, segment_fd);
  }
  void remove(std::uint64_t id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = find(id);
    if (found == named_.end()) return;
    named_.erase(found);
    unlink(bell_path(id).c_str());
  }
  void remove_all() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Named& bell : named_) unlink(bell_path(bell.id).c_str());
    named_.clear();
  }

 private:
  struct Named {
    std::uint64_t id;
    int fd;  // the bell's, which is open as long as it has its name
    BellAccess access;
  };
  std::vector<Named>::iterator find(std::uint64_t id) {
    return std::find_if(named_.begin(), named_.end(), [&](const Named& bell) { return bell.id == id; });
  }

  std::mutex mutex_;
  std::vector<Named> named_;
};

PerProcess<Names> names;

#ifndef RWF_NOSIGNAL
#define RWF_NOSIGNAL 0x00000100
#endif

// Kernels before 6.18 do not know the flag; sandboxes may not know the call, or forbid it.
bool is_refused(int error) noexcept {
  return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL || error == EPERM;
}

// Writing to a FIFO without a reader raises SIGPIPE, whose default action ends the process. Linux 6.18 and
// later can be told not to.
ssize_t write_unsignalled(int fd, const char* byte) noexcept {
  // ThreadSanitizer does not know this call, and so not what the ringing of a bell orders.
#if defined(__SANITIZE_THREAD__)
  static std::atomic<bool> is_known{false};
#else
  static std::atomic<bool> is_known{true};
#endif
  if (!is_known.load(std::memory_order_relaxed)) {
    errno = EOPNOTSUPP;
    return -1;
  }
  const iovec bytes{const_cast<char*>(byte), 1};
  const ssize_t written = pwritev2(fd, &bytes, 1, -1, RWF_NOSIGNAL);
  if (written < 0 && is_refused(errno)) is_known.store(false, std::memory_order_relaxed);
  return written;
}

// On older kernels it is held back for the call.
ssize_t write_holding_sigpipe(int fd, const char* byte) noexcept {
  sigset_t pipe_signal, before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t written = write(fd, byte, 1);
  const int error = errno;
  if (written < 0 && error == EPIPE && sigismember(&before, SIGPIPE) == 0) {
    const timespec now{0, 0};
    sigtimedwait(&pipe_signal, nullptr, &now);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return written;
}

ssize_t write_without_sigpipe(int fd, const char* byte) noexcept {
  const ssize_t written = write_unsignalled(fd, byte);
  return written < 0 && is_refused(errno) ? write_holding_sigpipe(fd, byte) : written;
}

void remove_if_orphaned(const std::string& path) noexcept {
  const int fd = open_descriptor(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
  if (fd >= 0) {
    close(fd);
  } else if (errno == ENXIO) {
    unlink(path.c_str());
  }
}

}  // namespace

Bell::Bell() : id_(random_id()) {
  // A forked child inherits the registration.
  [[maybe_unused]] static const int registered = std::atexit([] { names.get().remove_all(); });
  const std::string draft = new_bell_path(id_);
  for (;;) {
    if (mkfifo(draft.c_str(), 0600) != 0) {
      const int error = errno;
      if (error == ENOENT) check_shared_memory_exists("(any)");
      fail_errno(error, "creating a doorbell", "(any)");
    }
    // A umask may have taken even the owner's right. Open for both directions: the end of a peer never reads
    // as end of file.
    if (chmod(draft.c_str(), 0600) == 0) fd_ = GuardedFd(open_descriptor(draft.c_str(), O_RDWR | O_NONBLOCK));
    // Renamed only once it is open: a bell without a reading end is an orphan.
    if (fd_ && rename(draft.c_str(), bell_path(id_).c_str()) == 0) break;
    const int error = errno;
    // Somebody who removes orphans came before it was open.
    if (error == ENOENT) continue;
    unlink(draft.c_str());
    fail_errno(error, "opening a doorbell", "(any)");
  }
  names.get().add(id_, fd_.get());
}

Bell::~Bell() { remove_name(); }

void Bell::remove_name() const noexcept { names.get().remove(id_); }

bool Bell::is_named() const noexcept {
  struct stat ours{}, named{};
  return fstat(fd_.get(), &ours) == 0 && stat(bell_path(id_).c_str(), &named) == 0 &&
         ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

int Bell::duplicate_fd() const { return fcntl(fd_.get(), F_DUPFD_CLOEXEC, 3); }

bool Bell::wait(std::uint64_t deadline_ns) const noexcept {
  const std::uint64_t now = monotonic_ns();
  const std::uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
  const timespec timeout{static_cast<time_t>(left / 1'000'000'000u),
                         static_cast<long>(left % 1'000'000'000u)};
  pollfd poll_fd{fd_.get(), POLLIN, 0};
  const int ready = ppoll(&poll_fd, 1, deadline_ns == UINT64_MAX ? nullptr : &timeout, nullptr);
  if (ready >= 0 || errno == EINTR) return ready > 0;
  // Without a way to hear it: not at once again.
  usleep(static_cast<useconds_t>(std::min<std::uint64_t>(left / 1000, kDeafPauseUs)));
  return false;
}

void Bell::drain() const noexcept {
  char bytes[256];
  while (read(fd_.get(), bytes, sizeof bytes) == static_cast<ssize_t>(sizeof bytes)) {
  }
}

void Bell::ring_self() const noexcept { [[maybe_unused]] const ssize_t written = write(fd_.get(), "r", 1); }

bool BellRinger::ring(std::uint64_t bell_id) noexcept {
  try {
    return ring_known_or_open(bell_id);
  } catch (const std::bad_alloc&) {
    return false;  // who sleeps looks by itself now and then
  }
}

bool BellRinger::ring_known_or_open(std::uint64_t bell_id) {
  for (std::size_t i = 0; i < known_.size(); ++i) {
    if (known_[i].id != bell_id) continue;
    // A full FIFO (EAGAIN) is readable already: the ring is not lost.
    if (write_without_sigpipe(known_[i].fd.get(), "r") >= 0 || errno == EAGAIN) return true;
    known_.erase(known_.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  GuardedFd fd(open_descriptor(bell_path(bell_id).c_str(), O_WRONLY | O_NONBLOCK | O_NOFOLLOW));
  if (!fd) return false;
  struct stat status{};
  if (fstat(fd.get(), &status) != 0 || !S_ISFIFO(status.st_mode)) return false;
  const bool rung = write_without_sigpipe(fd.get(), "r") >= 0 || errno == EAGAIN;
  if (known_.size() >= kKnownBells) known_.erase(known_.begin());
  if (rung) known_.push_back({bell_id, std::move(fd)});
  return rung;
}

void ring_bell(std::uint64_t bell_id) noexcept { BellRinger().ring(bell_id); }

void admit_to_bell(std::uint64_t bell_id, int segment_fd) noexcept {
  try {
    names.get().admit(bell_id, segment_fd);
  } catch (const std::bad_alloc&) {
    // who sleeps looks by itself now and then
  }
}

void remove_orphaned_bell(std::uint64_t bell_id) noexcept {
  if (bell_id != 0) remove_if_orphaned(bell_path(bell_id));
}

void remove_orphaned_bells() noexcept {
  for (const std::string& path : list_bell_paths()) remove_if_orphaned(path);
}

}  // namespace qads
