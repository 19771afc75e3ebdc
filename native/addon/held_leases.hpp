// The leases that JavaScript holds, by number: given back once, by release() or by the ArrayBuffer's
// finalizer.
#pragma once

#include <node_api.h>

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "core/lease_table.hpp"

namespace qads::addon {

/// Shared by a reader object and the ArrayBuffers it gave out; all on one thread.
///
/// V8 counts the bytes of an ArrayBuffer as garbage to come and marks its whole heap for every 64 MiB of
/// them, while leases that are given back by release() need no collector at all. So what is counted for them
/// is taken back, up to a bound; leases beyond it are piling up, and V8 is left to know.
class HeldLeases {
 public:
  /// @param uncounted_limit Leased bytes of which V8 need not know.
  explicit HeldLeases(std::uint64_t uncounted_limit) : uncounted_limit_(uncounted_limit) {}

  std::uint64_t hold(Lease* lease) {
    held_.emplace(++last_, Held{lease, 0, 0});
    return last_;
  }
  const Lease* find(std::uint64_t id) const {
    const auto found = held_.find(id);
    return found == held_.end() ? nullptr : found->second.lease;
  }
  /// To be called before an ArrayBuffer over `bytes` of lease `id` is made. Takes back what V8 will count for
  /// it; returns how much that is.
  std::uint64_t show(napi_env env, std::uint64_t id, std::uint64_t bytes) noexcept {
    Held& held = held_.at(id);
    ++held.shown;
    if (uncounted_ >= uncounted_limit_) return 0;
    held.uncounted += bytes;
    uncounted_ += bytes;
    adjust(env, -static_cast<std::int64_t>(bytes));
    return bytes;
  }
  /// To be called before an ArrayBuffer over `bytes` of the lease is detached, which V8 subtracts: its bound
  /// follows the lowest count that it sees, so the count must not sink.
  void detach(napi_env env, std::uint64_t id, std::uint64_t bytes) noexcept {
    const auto found = held_.find(id);
    if (found == held_.end()) return;
    const std::uint64_t counted = std::min(bytes, found->second.uncounted);
    found->second.uncounted -= counted;
    uncounted_ -= counted;
    if (counted > 0) adjust(env, static_cast<std::int64_t>(counted));
  }
  /// An ArrayBuffer over the lease is gone, and `uncounted` bytes that V8 drops from its count were not in
  /// it. The last one gives the lease back, unless that was done before.
  void hide(napi_env env, std::uint64_t id, std::uint64_t uncounted) noexcept {
    const auto found = held_.find(id);
    if (found == held_.end()) return;
    detach(env, id, uncounted);
    if (--found->second.shown == 0) give_back(env, id);
  }
  /// False if it was given back before.
  bool give_back(napi_env env, std::uint64_t id) noexcept {
    const auto found = held_.find(id);
    if (found == held_.end()) return false;
    detach(env, id, found->second.uncounted);
    Lease* lease = found->second.lease;
    held_.erase(found);
    LeaseTable::release(lease);
    return true;
  }
  std::uint64_t last() const noexcept { return last_; }

 private:
  struct Held {
    Lease* lease;
    std::uint64_t uncounted;
    std::uint32_t shown;  // ArrayBuffers
  };

  static void adjust(napi_env env, std::int64_t bytes) noexcept {
    std::int64_t total;
    napi_adjust_external_memory(env, bytes, &total);
  }

  std::unordered_map<std::uint64_t, Held> held_;
  std::uint64_t last_ = 0;
  const std::uint64_t uncounted_limit_;
  std::uint64_t uncounted_ = 0;
};

}  // namespace qads::addon
