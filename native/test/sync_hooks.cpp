#include "sync_hooks.hpp"

#include <utility>
#include <vector>

namespace qads {
namespace {

using Hook = std::function<void(SyncPoint)>;

// Orders nothing but the hook's own making, so that ThreadSanitizer sees the core as it is without hooks.
std::atomic<const Hook*> current{nullptr};
thread_local bool in_hook = false;

}  // namespace

void on_sync_point(SyncPoint point) noexcept {
  const Hook* hook = current.load(std::memory_order_acquire);
  if (hook == nullptr || in_hook) return;
  in_hook = true;
  (*hook)(point);
  in_hook = false;
}

namespace test {

const char* sync_point_name(SyncPoint point) {
  switch (point) {
#define QADS_NAME(name) \
  case SyncPoint::name: \
    return #name;
    QADS_SYNC_POINTS(QADS_NAME)
#undef QADS_NAME
    case SyncPoint::count:
      break;
  }
  return "(none)";
}

std::vector<SyncPoint> all_sync_points() {
  std::vector<SyncPoint> points;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(SyncPoint::count); ++i) {
    points.push_back(static_cast<SyncPoint>(i));
  }
  return points;
}

void set_sync_hook(std::function<void(SyncPoint)> hook) {
  // Kept for ever: a thread may be in it.
  static auto* kept = new std::vector<std::unique_ptr<const Hook>>;
  if (hook) kept->push_back(std::make_unique<const Hook>(hook));
  current.store(hook ? kept->back().get() : nullptr, std::memory_order_release);
}

AtSyncPoint::AtSyncPoint(SyncPoint point, int occurrence, std::function<void()> action)
    : left_(std::make_shared<std::atomic<int>>(occurrence)) {
  set_sync_hook([left = left_, point, action = std::move(action)](SyncPoint at) {
    if (at == point && left->load(std::memory_order_relaxed) > 0 &&
        left->fetch_sub(1, std::memory_order_relaxed) == 1) {
      action();
    }
  });
}

}  // namespace test
}  // namespace qads
