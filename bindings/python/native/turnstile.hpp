// One thread at a time on a handle, in the order of arrival.
#pragma once

#include <nanobind/nanobind.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "fork_count.hpp"

namespace qads::python {

/// A handle of the C ABI is used by one thread at a time, and a wait holds it only for a slice; so that
/// whoever comes meanwhile (another reader, close()) gets its turn after that slice, turns are served in
/// order.
class Turnstile {
 public:
  /// A turn, until the end of the scope. Made with the GIL held.
  class Turn {
   public:
    explicit Turn(Turnstile& turnstile) : turnstile_(turnstile) { turnstile_.enter(); }
    ~Turn() { turnstile_.leave(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Turnstile& turnstile_;
  };

 private:
  // In a forked child the thread that had the turn does not exist; the handle itself refuses to work there.
  bool inherited() const noexcept { return forks_ != fork_count(); }

  void enter() {
    if (inherited()) return;
    std::unique_lock<std::mutex> lock(mutex_);
    const std::uint64_t ticket = next_++;
    if (ticket == serving_) return;
    // Whoever has the turn may need the GIL before it gives the turn back.
    lock.unlock();
    const nanobind::gil_scoped_release released;
    lock.lock();
    turn_.wait(lock, [&] { return serving_ == ticket; });
    // Before the GIL is taken back: its holder may be about to leave.
    lock.unlock();
  }

  void leave() noexcept {
    if (inherited()) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    ++serving_;
    if (serving_ != next_) turn_.notify_all();
  }

  const std::uint64_t forks_ = fork_count();
  std::mutex mutex_;
  std::condition_variable turn_;
  std::uint64_t next_ = 0;
  std::uint64_t serving_ = 0;
};

}  // namespace qads::python
