#include "evacuator.hpp"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/life/fork_guard.hpp"
#include "core/os/stay_loaded.hpp"
#include "core/wake/bell.hpp"
#include "table.hpp"

namespace qads {
namespace {

// A ring can be lost: the bell's name removed, a writer that may not or cannot open it. So the thread looks
// by itself: while leases are in a ring, now and then; when it finds a request that it did not hear, soon
// again.
constexpr std::uint64_t kLookNs = 100'000'000;
constexpr std::uint64_t kIdleLookNs = 1'000'000'000;
constexpr std::uint64_t kDeafLookNs = 2'000'000;

struct Worker {
  std::shared_ptr<Bell> bell = std::make_shared<Bell>();  // changed by the thread, under the registry's mutex
  std::atomic<bool> stop{false};
};

struct Registry {
  std::mutex mutex;
  std::shared_ptr<Worker> worker;
  std::vector<std::pair<const LeaseTable*, std::weak_ptr<LeaseTable>>> tables;
};

PerProcess<Registry> registry;

/// Visits the tables without holding the mutex meanwhile, and without memory of its own: it runs when there
/// is none. From the last to the first, so that one that is struck meanwhile makes it skip no other. None for
/// a worker that was stopped: the tables are its successor's, and two must not move the same lease.
template <typename Visit>
void each_table(const Worker* worker, Visit&& visit) {
  Registry& r = registry.get();
  for (std::size_t left = SIZE_MAX; left > 0;) {
    std::shared_ptr<LeaseTable> table;
    {
      const std::lock_guard<std::mutex> lock(r.mutex);
      if (worker != nullptr && r.worker.get() != worker) return;
      left = std::min(left, r.tables.size());
      if (left > 0) table = r.tables[--left].second.lock();
    }
    if (table) visit(*table);
  }
}

/// Its name is gone, and with it the way to it: peers are told of another.
void hang_another_bell(const std::shared_ptr<Worker>& worker) noexcept {
  std::shared_ptr<Bell> bell;
  try {
    bell = std::make_shared<Bell>();
  } catch (const std::exception& error) {
    QADS_LOG(debug, "evacuator: no other bell (%s)", error.what());
    return;
  }
  {
    Registry& r = registry.get();
    const std::lock_guard<std::mutex> lock(r.mutex);
    if (r.worker != worker) return;
    worker->bell = bell;
  }
  each_table(worker.get(), [&](LeaseTable& table) { table.tell_evacuator_bell(bell->id()); });
}

void run(const std::shared_ptr<Worker>& worker) {
  QADS_LOG(debug, "evacuator bell=%016llx started", static_cast<unsigned long long>(worker->bell->id()));
  LeaseTable::Evacuation found;
  std::uint64_t look_ns = kLookNs;
  while (!worker->stop.load(std::memory_order_acquire)) {
    const std::uint64_t look_at = monotonic_ns() + look_ns;
    const bool unasked = !worker->bell->wait(std::min(look_at, found.again_ns)) && look_at < found.again_ns;
    worker->bell->drain();
    found = {};
    each_table(worker.get(), [&](LeaseTable& table) {
      const LeaseTable::Evacuation of_table = table.evacuate();
      found.again_ns = std::min(found.again_ns, of_table.again_ns);
      found.asked = found.asked || of_table.asked;
      found.holds = found.holds || of_table.holds;
    });
    look_ns = std::min(unasked ? look_ns * 2 : look_ns, found.holds ? kLookNs : kIdleLookNs);
    if (unasked && found.asked) {
      look_ns = kDeafLookNs;
      if (!worker->bell->is_named()) hang_another_bell(worker);
    }
  }
}

void start_thread(const std::shared_ptr<Worker>& worker) {
  // The program's signals are the business of its own threads. Its own faults are not: blocked ones would end
  // the process without the fault handler's sentence.
  sigset_t others, before;
  sigfillset(&others);
  for (const int fault : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
    sigdelset(&others, fault);
  pthread_sigmask(SIG_SETMASK, &others, &before);
  try {
    std::thread(run, worker).detach();
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

std::uint64_t enlist_for_evacuation(const std::weak_ptr<LeaseTable>& table) {
  Registry& r = registry.get();
  const std::lock_guard<std::mutex> lock(r.mutex);
  if (!r.worker) {
    stay_loaded();
    auto worker = std::make_shared<Worker>();
    start_thread(worker);
    r.worker = std::move(worker);
  }
  r.tables.emplace_back(table.lock().get(), table);
  return r.worker->bell->id();
}

void finish_leaving(Deadline deadline) noexcept {
  each_table(nullptr, [&](LeaseTable& table) { static_cast<void>(table.wait_left(deadline)); });
}

bool move_leases_out(Deadline deadline) noexcept {
  bool moved = true;
  each_table(nullptr, [](LeaseTable& table) { table.ask_to_move_all(); });
  wake_evacuator();
  each_table(nullptr, [&](LeaseTable& table) { moved = table.wait_moved(deadline) && moved; });
  return moved;
}

void strike_from_evacuation(const LeaseTable* table) noexcept {
  std::shared_ptr<Worker> last;
  {
    Registry& r = registry.get();
    const std::lock_guard<std::mutex> lock(r.mutex);
    auto& tables = r.tables;
    tables.erase(
        std::remove_if(tables.begin(), tables.end(), [&](const auto& t) { return t.first == table; }),
        tables.end());
    if (!tables.empty() || !r.worker) return;
    last = std::move(r.worker);
    r.worker.reset();
  }
  last->stop.store(true, std::memory_order_release);
  last->bell->remove_name();
  last->bell->ring_self();
}

void wake_evacuator() noexcept {
  Registry& r = registry.get();
  const std::lock_guard<std::mutex> lock(r.mutex);
  if (r.worker) r.worker->bell->ring_self();
}

}  // namespace qads
