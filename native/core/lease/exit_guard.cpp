#include "exit_guard.hpp"

#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include "core/base/clock.hpp"
#include "core/life/fork_guard.hpp"
#include "evacuator.hpp"

namespace qads {
namespace {

// Moving a ring full of held batches takes a fraction of it.
constexpr std::int64_t kLeaveMs = 2000;

struct Registry {
  std::mutex mutex;
  std::map<const ExitGuard*, std::function<void()>> leave;
};

PerProcess<Registry> registry;

void leave_all() {
  Registry& r = registry.get();
  // Held all the while: a guard that another thread destroys meanwhile waits, and its owner stays.
  const std::lock_guard<std::mutex> lock(r.mutex);
  for (const auto& [guard, leave] : r.leave) leave();
  r.leave.clear();
  finish_leaving(Deadline::after_ms(kLeaveMs));
}

}  // namespace

ExitGuard::ExitGuard(std::function<void()> leave) {
  // A forked child inherits the registration.
  [[maybe_unused]] static const int registered = std::atexit(leave_all);
  Registry& r = registry.get();
  const std::lock_guard<std::mutex> lock(r.mutex);
  r.leave.emplace(this, std::move(leave));
}

ExitGuard::~ExitGuard() {
  Registry& r = registry.get();
  const std::lock_guard<std::mutex> lock(r.mutex);
  r.leave.erase(this);
}

}  // namespace qads
