#include "fault_handler.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>

#include "core/base/log.hpp"
#include "core/layout/name.hpp"
#include "core/life/fork_guard.hpp"
#include "core/os/stay_loaded.hpp"

namespace qads {
namespace {

struct Entry {
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};
  std::atomic<std::uint64_t> epoch{0};  // of the process that registered it
  std::atomic<bool> taken{false};
  char arena[kMaxNameLength + 1];
};

constexpr int kEntries = 1024;
Entry entries[kEntries];
struct sigaction previous_segv, previous_bus;

// Only async-signal-safe calls from here.
void put(const char* text) noexcept {
  if (!has_standard_error) return;
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
}

/// A forked child has its parent's entries, but not the mappings; its own may be at the same addresses, and
/// come first.
const Entry* find(std::uintptr_t address) noexcept {
  const std::uint64_t epoch = fork_epoch();
  const Entry* of_parent = nullptr;
  for (const Entry& e : entries) {
    const std::uintptr_t begin = e.begin.load(std::memory_order_acquire);
    if (begin == 0 || address < begin || address >= e.end.load(std::memory_order_relaxed)) continue;
    if (e.epoch.load(std::memory_order_relaxed) == epoch) return &e;
    of_parent = &e;
  }
  return of_parent;
}

const char* sentence_for(int signal, const Entry& entry) noexcept {
  if (signal == SIGBUS) {
    return "its segment in shared memory was truncated by another program; this process cannot go on.";
  }
  if (entry.epoch.load(std::memory_order_relaxed) != fork_epoch()) {
    return "this process used a batch or handle of its parent after fork; a child must attach its own "
           "reader.";
  }
  return "this program wrote into a batch that it reads in place; leased batches are read-only, copy before "
         "changing them.";
}

void forward(int signal, siginfo_t* info, void* context) noexcept {
  const struct sigaction& previous = signal == SIGSEGV ? previous_segv : previous_bus;
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    // Returning runs the faulting instruction again, now with the default action: the true core dump.
    ::signal(signal, SIG_DFL);
  }
}

void on_fault(int signal, siginfo_t* info, void* context) {
  // si_code > 0: raised by the kernel for a memory access; a kill() carries no address.
  const Entry* entry = info->si_code > 0 ? find(reinterpret_cast<std::uintptr_t>(info->si_addr)) : nullptr;
  if (entry == nullptr) return forward(signal, info, context);
  put("qadataswap: arena \"");
  put(entry->arena);
  put("\": ");
  put(sentence_for(signal, *entry));
  put("\n");
  ::signal(signal, SIG_DFL);
}

void install() {
  stay_loaded();
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, &previous_segv);
  sigaction(SIGBUS, &action, &previous_bus);
}

}  // namespace

FaultRange::FaultRange(const void* begin, std::size_t length, const std::string& arena) : index_(-1) {
  static std::once_flag once;
  std::call_once(once, install);
  for (int i = 0; i < kEntries && index_ < 0; ++i) {
    bool expected = false;
    if (entries[i].taken.compare_exchange_strong(expected, true, std::memory_order_acquire)) index_ = i;
  }
  if (index_ < 0) return;
  Entry& entry = entries[index_];
  const std::size_t used = std::min(arena.size(), kMaxNameLength);
  std::memcpy(entry.arena, arena.data(), used);
  entry.arena[used] = '\0';
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  entry.end.store(address + length, std::memory_order_relaxed);
  entry.epoch.store(fork_epoch(), std::memory_order_relaxed);
  entry.begin.store(address, std::memory_order_release);
}

FaultRange::~FaultRange() {
  if (index_ < 0) return;
  entries[index_].begin.store(0, std::memory_order_release);
  entries[index_].taken.store(false, std::memory_order_release);
}

}  // namespace qads
