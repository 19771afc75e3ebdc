#include "gil.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace qads::python {
namespace {

// Waits come out of the core once a slice; beyond this somebody sits in a call of the kernel.
constexpr std::chrono::seconds kLeave{2};

std::atomic<int> in_core{0};
std::atomic<bool> exiting{false};

[[noreturn]] void hang() noexcept {
  for (;;) pause();
}

void empty_core() {
  exiting.store(true);
  const auto late = std::chrono::steady_clock::now() + kLeave;
  while (in_core.load() > 0 && std::chrono::steady_clock::now() < late) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

void enter_core() noexcept {
  in_core.fetch_add(1);
  if (exiting.load()) leave_core();
}

void leave_core() noexcept {
  in_core.fetch_sub(1);
  if (exiting.load()) hang();
}

void take_gil(PyThreadState* state) {
  try {
    PyEval_RestoreThread(state);
  } catch (...) {
    // Only the unwinding of a thread that is to end comes here, and it must not go on.
    hang();
  }
}

void leave_core_at_exit() {
  // The exit guard registers itself with the first handle, and what is registered last runs first.
  [[maybe_unused]] static const int registered = std::atexit(empty_core);
}

void forget_threads_in_core() noexcept { in_core.store(0); }

}  // namespace qads::python
