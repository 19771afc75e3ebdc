#include "exit_guard.hpp"

#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include "fork_guard.hpp"

namespace qads {
namespace {

struct Registry {
  std::mutex mutex;
  std::uint64_t epoch = fork_epoch();
  std::map<const ExitGuard*, std::function<void()>> leave;
};

void leave_all();

// Never destroyed: guards may go after static destructors.
Registry& registry() {
  static Registry* instance = [] {
    auto* made = new Registry;
    std::atexit(leave_all);
    return made;
  }();
  return *instance;
}

void leave_all() {
  Registry& r = registry();
  std::map<const ExitGuard*, std::function<void()>> left;
  {
    const std::lock_guard<std::mutex> lock(r.mutex);
    if (r.epoch != fork_epoch()) return;
    left.swap(r.leave);
  }
  for (const auto& [guard, leave] : left) leave();
}

}  // namespace

ExitGuard::ExitGuard(std::function<void()> leave) {
  Registry& r = registry();
  const std::lock_guard<std::mutex> lock(r.mutex);
  if (r.epoch != fork_epoch()) {
    r.epoch = fork_epoch();
    r.leave.clear();
  }
  r.leave.emplace(this, std::move(leave));
}

ExitGuard::~ExitGuard() {
  Registry& r = registry();
  const std::lock_guard<std::mutex> lock(r.mutex);
  r.leave.erase(this);
}

}  // namespace qads
