// How long a lease that is in the writer's way is let be before it is moved out of the ring.
#pragma once

#include <algorithm>
#include <cstdint>

namespace qads {

/// Under a garbage collector a batch that the program has dropped is given back a little later than it could
/// be. Moving it meanwhile is work for nothing, and more than was spent on writing it; not moving one that is
/// kept holds the writer up for nothing. So leases are given time for as long as they mostly are given back
/// in it.
class Patience {
 public:
  /// How long the next one may stay after it was found in the way.
  std::uint64_t grace_ns() const noexcept { return credit_ > 0 ? kGraceNs : 0; }

  /// A lease that was given time was given back meanwhile.
  void rewarded() noexcept { earn(1); }
  /// A lease that was given time was kept.
  void disappointed() noexcept { credit_ = std::max(0, credit_ - 1); }
  /// A lease was given back so long after it was moved.
  void moved_lease_ended(std::uint64_t after_ns) noexcept {
    if (after_ns < kInVainNs) earn(kInVain);
  }

 private:
  // A collection of the young generation and a turn of the event loop.
  static constexpr std::uint64_t kGraceNs = 2'000'000;
  static constexpr std::uint64_t kInVainNs = 100'000'000;
  static constexpr int kInVain = 2;
  static constexpr int kMostCredit = 8;
  static constexpr int kFirstCredit = 2;

  void earn(int credit) noexcept { credit_ = std::min(kMostCredit, credit_ + credit); }

  int credit_ = kFirstCredit;
};

}  // namespace qads
