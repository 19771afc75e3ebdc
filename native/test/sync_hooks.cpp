#include "sync_hooks.hpp"

#include <utility>

namespace qads {
namespace {

std::function<void(SyncPoint)> hook;
thread_local bool in_hook = false;

}  // namespace

void on_sync_point(SyncPoint point) noexcept {
  if (!hook || in_hook) return;
  in_hook = true;
  hook(point);
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

void set_sync_hook(std::function<void(SyncPoint)> next) { hook = std::move(next); }

AtSyncPoint::AtSyncPoint(SyncPoint point, int occurrence, std::function<void()> action) : left_(occurrence) {
  set_sync_hook([this, point, action = std::move(action)](SyncPoint at) {
    if (at == point && left_ > 0 && --left_ == 0) action();
  });
}

}  // namespace test
}  // namespace qads
