#pragma once

#include <algorithm>
#include <chrono>

#include "qadataswap/arrow/options.hpp"

namespace qads::arrow {

/// The end of a call that may wait several times.
class Deadline {
 public:
  explicit Deadline(Timeout timeout)
      : never_(timeout.count() < 0 || timeout > kLongest),
        at_(never_ ? Clock::time_point{} : Clock::now() + timeout) {}

  /// kForever, or what is left, rounded up; 0 when it has passed.
  Timeout left() const {
    if (never_) return kForever;
    return std::max(Timeout{0}, std::chrono::ceil<Timeout>(at_ - Clock::now()));
  }
  bool passed() const { return left().count() == 0; }
  /// The pause until the next look at something that nobody announces.
  Timeout pause(Timeout longest) const { return never_ ? longest : std::min(longest, left()); }

 private:
  using Clock = std::chrono::steady_clock;
  // Added to the time of day it would overflow; a century is for ever.
  static constexpr Timeout kLongest = std::chrono::hours(24 * 365 * 100);

  bool never_;
  Clock::time_point at_;
};

}  // namespace qads::arrow
