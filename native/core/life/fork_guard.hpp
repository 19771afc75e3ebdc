// What happens to our descriptors and handles in a forked child.
//
// A child shares its parent's open file descriptions, and with them the locks that say "alive": while the
// child lived, a dead parent would look alive. So the child closes our descriptors at once, and its handles
// refuse to work.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace qads {

/// Counted up in a forked child.
inline std::atomic<std::uint64_t> forks_passed{0};

/// Differs between a process and its forked children. Every call of a handle looks at it.
inline std::uint64_t fork_epoch() noexcept { return forks_passed.load(std::memory_order_relaxed); }

/// One T for each process, never destroyed: a forked child gets its own, because a thread that it does not
/// have may have locked or half changed its parent's.
template <typename T>
class PerProcess {
 public:
  constexpr PerProcess() = default;
  T& get() {
    Instance* present = instance_.load(std::memory_order_acquire);
    if (present != nullptr && present->epoch == fork_epoch()) return present->value;
    auto* made = new Instance{fork_epoch(), present, {}};
    if (instance_.compare_exchange_strong(present, made, std::memory_order_acq_rel)) return made->value;
    delete made;  // another thread was first
    return present->value;
  }

 private:
  struct Instance {
    std::uint64_t epoch;
    Instance* parents;  // reachable, so that a leak checker does not call it lost
    T value;
  };
  std::atomic<Instance*> instance_{nullptr};
};

/// An owned descriptor that a forked child closes.
class GuardedFd {
 public:
  GuardedFd() = default;
  explicit GuardedFd(int fd);
  ~GuardedFd() { reset(); }
  GuardedFd(GuardedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)), epoch_(other.epoch_) {}
  GuardedFd& operator=(GuardedFd&& other) noexcept;
  GuardedFd(const GuardedFd&) = delete;
  GuardedFd& operator=(const GuardedFd&) = delete;

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset() noexcept;

 private:
  int fd_ = -1;
  std::uint64_t epoch_ = 0;
};

}  // namespace qads
