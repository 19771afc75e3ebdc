// The leases that JavaScript holds, by number: given back once, by release() or by the ArrayBuffer's
// finalizer.
#pragma once

#include <node_api.h>

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
    held_.emplace(++last_, Held{lease, 0});
    return last_;
  }
  const Lease* find(std::uint64_t id) const {
    const auto found = held_.find(id);
    return found == held_.end() ? nullptr : found->second.lease;
  }
  /// To be called before the ArrayBuffer of lease `id` is made: takes back what V8 will count for it.
  void uncount(napi_env env, std::uint64_t id) noexcept {
    const auto found = held_.find(id);
    if (found == held_.end() || uncounted_ >= uncounted_limit_) return;
    found->second.uncounted = found->second.lease->length;
    uncounted_ += found->second.uncounted;
    adjust(env, -static_cast<std::int64_t>(found->second.uncounted));
  }
  /// To be called after V8 has dropped the bytes from its count. False if the lease was given back before.
  bool give_back(napi_env env, std::uint64_t id) noexcept {
    const auto found = held_.find(id);
    if (found == held_.end()) return false;
    const Held held = found->second;
    held_.erase(found);
    uncounted_ -= held.uncounted;
    if (held.uncounted > 0) adjust(env, static_cast<std::int64_t>(held.uncounted));
    LeaseTable::release(held.lease);
    return true;
  }
  std::uint64_t last() const noexcept { return last_; }

 private:
  struct Held {
    Lease* lease;
    std::uint64_t uncounted;
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
