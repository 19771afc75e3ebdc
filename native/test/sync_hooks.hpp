// Tests of a core that is built with QADS_SYNC_HOOKS decide here what happens at each of its sync points.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/layout/sync_points.hpp"

namespace qads::test {

const char* sync_point_name(SyncPoint point);
std::vector<SyncPoint> all_sync_points();

/// Runs at every sync point of every thread until the next call; an empty function stops that. Within the
/// hook no sync point calls it again. Not to be changed while other threads are in the core.
void set_sync_hook(std::function<void(SyncPoint)> hook);

/// Runs `action` once, at the `occurrence`-th time that `point` is reached, for as long as the object lives.
class AtSyncPoint {
 public:
  AtSyncPoint(SyncPoint point, int occurrence, std::function<void()> action);
  ~AtSyncPoint() { set_sync_hook({}); }
  AtSyncPoint(const AtSyncPoint&) = delete;
  AtSyncPoint& operator=(const AtSyncPoint&) = delete;
  bool reached() const { return left_->load() <= 0; }

 private:
  std::shared_ptr<std::atomic<int>> left_;
};

}  // namespace qads::test
