#include "fork_guard.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace qads {
namespace {

struct Registry {
  std::mutex mutex;
  std::vector<int> fds;
};

// Never destroyed: finalizers may run after static destructors.
Registry& registry() {
  static Registry* instance = [] {
    auto* made = new Registry;
    pthread_atfork([] { registry().mutex.lock(); }, [] { registry().mutex.unlock(); },
                   [] {
                     Registry& r = registry();
                     forks_passed.fetch_add(1, std::memory_order_relaxed);
                     for (const int fd : r.fds) close(fd);
                     r.fds.clear();
                     r.mutex.unlock();
                   });
    return made;
  }();
  return *instance;
}

// From the start, so that no fork goes by uncounted.
[[maybe_unused]] const Registry& watching = registry();

}  // namespace

GuardedFd::GuardedFd(int fd) : fd_(fd) {
  // Nothing may come before this: callers look at errno next, and the registry's first use can change it.
  if (fd < 0) return;
  epoch_ = fork_epoch();
  const std::lock_guard<std::mutex> lock(registry().mutex);
  registry().fds.push_back(fd);
}

GuardedFd& GuardedFd::operator=(GuardedFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    epoch_ = other.epoch_;
  }
  return *this;
}

void GuardedFd::reset() noexcept {
  const int fd = std::exchange(fd_, -1);
  if (fd < 0 || epoch_ != fork_epoch()) return;  // the child closed it: the number may be somebody else's
  const std::lock_guard<std::mutex> lock(registry().mutex);
  auto& fds = registry().fds;
  fds.erase(std::remove(fds.begin(), fds.end(), fd), fds.end());
  close(fd);
}

}  // namespace qads
