// Waits that let other Python threads run, and that signals end.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "errors.hpp"
#include "turnstile.hpp"

namespace qads::python {

/// The longest that a signal handler, or another thread that wants the handle, waits for its turn.
inline constexpr std::int64_t kSliceMs = 50;

/// Seconds from now; negative: never.
class Until {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Until(double seconds) : never_(seconds < 0 || seconds > 1e9) {
    if (!never_)
      at_ =
          Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }
  /// Milliseconds of the next slice; 0 when the time has passed.
  std::int64_t slice_ms() const {
    if (never_) return kSliceMs;
    const auto left = std::chrono::duration<double, std::milli>(at_ - Clock::now()).count();
    return left <= 0 ? 0 : std::min(kSliceMs, static_cast<std::int64_t>(std::ceil(left)));
  }

 private:
  bool never_;
  Clock::time_point at_{};
};

/// Calls `attempt(timeout_ms)` until it returns something else than `blocked`, or the time has passed: once
/// without waiting, then in slices. Errors are raised. The handle is free between slices. The GIL is
/// released, but for a first attempt that is `brief`.
template <typename Attempt>
int wait_for(Turnstile& turnstile, double seconds, int blocked, bool brief, Attempt&& attempt) {
  const auto at_once = [&] { return attempt(std::int64_t{0}); };
  const int first = checked(brief ? turnstile.run(at_once) : turnstile.run_without_gil(at_once));
  if (first != blocked || seconds == 0) return first;
  const Until until(seconds);
  for (;;) {
    check_signals();
    const std::int64_t slice = until.slice_ms();
    const int status = checked(turnstile.run_without_gil([&] { return attempt(slice); }));
    if (status != blocked || slice == 0) return status;
  }
}

}  // namespace qads::python
