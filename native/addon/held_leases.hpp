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
/// them, while leases that are given back by release() need no collector at all. So the mapped ring is
/// counted once, when the first lease is shown, and what V8 counts for leases is taken back as long as it is
/// less; leases beyond that are piling up, and V8 is left to know.
///
/// V8 aborts the process if its count goes below zero. It may subtract an ArrayBuffer that it has found dead
/// long before the finalizer says so here; the count of the mapping outweighs all that are under way.
class HeldLeases {
 public:
  /// @param mapped Bytes of the ring's mapping.
  HeldLeases(napi_env env, std::uint64_t mapped) : env_(env), mapped_(mapped) {}
  ~HeldLeases() {
    if (mapping_counted_) adjust(env_, -static_cast<std::int64_t>(mapped_));
  }
  HeldLeases(const HeldLeases&) = delete;
  HeldLeases& operator=(const HeldLeases&) = delete;

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
    if (bytes > mapped_ - uncounted_) return 0;
    if (!mapping_counted_) adjust(env, static_cast<std::int64_t>(mapped_));
    mapping_counted_ = true;
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
  const napi_env env_;
  const std::uint64_t mapped_;
  bool mapping_counted_ = false;
  std::uint64_t uncounted_ = 0;  // never more than is mapped
};

}  // namespace qads::addon
