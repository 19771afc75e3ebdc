#include "fork_count.hpp"

#include <pthread.h>

#include <atomic>

#include "gil.hpp"

namespace qads::python {
namespace {

std::atomic<std::uint64_t> count{0};

}  // namespace

std::uint64_t fork_count() noexcept { return count.load(std::memory_order_relaxed); }

void count_forks() {
  pthread_atfork(nullptr, nullptr, [] {
    count.fetch_add(1, std::memory_order_relaxed);
    forget_threads_in_core();
  });
}

}  // namespace qads::python
