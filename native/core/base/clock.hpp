// Time: deadlines on the monotonic clock, stamps on the wall clock.
#pragma once

#include <cstdint>
#include <ctime>
#include <limits>

namespace qads {

inline std::uint64_t now_ns(clockid_t clock) noexcept {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(t.tv_nsec);
}

inline std::uint64_t monotonic_ns() noexcept { return now_ns(CLOCK_MONOTONIC); }
/// The same clock as of the last tick, a few milliseconds back, for a fraction of the cost.
inline std::uint64_t coarse_monotonic_ns() noexcept { return now_ns(CLOCK_MONOTONIC_COARSE); }
inline std::uint64_t wall_ns() noexcept { return now_ns(CLOCK_REALTIME); }

/// A point on the monotonic clock, or never.
class Deadline {
 public:
  static Deadline never() noexcept { return Deadline(std::numeric_limits<std::uint64_t>::max()); }
  /// Milliseconds from now; a negative number means never, zero means at once.
  static Deadline after_ms(std::int64_t ms) noexcept {
    if (ms < 0 || ms > 1'000'000'000'000) return never();
    return Deadline(monotonic_ns() + static_cast<std::uint64_t>(ms) * 1'000'000u);
  }
  bool is_never() const noexcept { return at_ == std::numeric_limits<std::uint64_t>::max(); }
  bool passed() const noexcept { return !is_never() && monotonic_ns() >= at_; }
  /// The earlier of this deadline and `slice_ns` from now, as a point in nanoseconds.
  std::uint64_t at_most(std::uint64_t slice_ns) const noexcept {
    const std::uint64_t slice = monotonic_ns() + slice_ns;
    return slice < at_ ? slice : at_;
  }

 private:
  explicit Deadline(std::uint64_t at) : at_(at) {}
  std::uint64_t at_;
};

}  // namespace qads
