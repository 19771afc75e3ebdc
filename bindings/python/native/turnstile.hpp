// One thread at a time on a handle, in the order of arrival.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "fork_count.hpp"
#include "gil.hpp"

namespace qads::python {

/// A handle of the C ABI is used by one thread at a time, and a wait holds it only for a slice; so that
/// whoever comes meanwhile (another reader, close()) gets its turn after that slice, turns are served in
/// order. Nobody wants the GIL while it has the turn: it may never get it.
class Turnstile {
 public:
  /// Calls `body`, which needs no GIL, when it is this thread's turn. Called with the GIL,
  /// which is kept if the turn is free.
  template <typename Body>
  auto run(Body&& body) {
    if (!try_enter()) return run_without_gil(body);
    const Leaving leaving(*this);
    return body();
  }
  /// The same, with the GIL given away in any case.
  template <typename Body>
  auto run_without_gil(Body&& body) {
    return without_gil([&] {
      enter();
      const Leaving leaving(*this);
      return body();
    });
  }

 private:
  class Leaving {
   public:
    explicit Leaving(Turnstile& turnstile) : turnstile_(turnstile) {}
    ~Leaving() { turnstile_.leave(); }
    Leaving(const Leaving&) = delete;
    Leaving& operator=(const Leaving&) = delete;

   private:
    Turnstile& turnstile_;
  };

  // In a forked child the thread that had the turn does not exist; the handle itself refuses to work there.
  bool inherited() const noexcept { return forks_ != fork_count(); }

  bool try_enter() {
    if (inherited()) return true;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (next_ != serving_) return false;
    ++next_;
    return true;
  }

  void enter() {
    if (inherited()) return;
    std::unique_lock<std::mutex> lock(mutex_);
    const std::uint64_t ticket = next_++;
    turn_.wait(lock, [&] { return serving_ == ticket; });
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
