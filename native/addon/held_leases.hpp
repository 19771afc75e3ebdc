// The leases that JavaScript holds, by number: given back once, by release() or by the ArrayBuffer's
// finalizer.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "core/lease_table.hpp"

namespace qads::addon {

/// Shared by a reader object and the ArrayBuffers it gave out; all on one thread.
class HeldLeases {
 public:
  std::uint64_t hold(Lease* lease) {
    held_.emplace(++last_, lease);
    return last_;
  }
  const Lease* find(std::uint64_t id) const {
    const auto found = held_.find(id);
    return found == held_.end() ? nullptr : found->second;
  }
  /// False if it was given back before.
  bool give_back(std::uint64_t id) noexcept {
    const auto found = held_.find(id);
    if (found == held_.end()) return false;
    Lease* lease = found->second;
    held_.erase(found);
    LeaseTable::release(lease);
    return true;
  }
  std::uint64_t last() const noexcept { return last_; }

 private:
  std::unordered_map<std::uint64_t, Lease*> held_;
  std::uint64_t last_ = 0;
};

}  // namespace qads::addon
