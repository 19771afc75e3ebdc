// Bounded busy-waiting.
#pragma once

#include <cstdint>

#include "core/base/clock.hpp"

namespace qads {

inline void cpu_pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// True as soon as `condition` holds; false after `micros` without it.
template <typename Condition>
bool spin_until(std::uint32_t micros, Condition&& condition) {
  if (micros == 0) return false;
  // The clock is not read before a peer had the time to answer.
  std::uint64_t end = 0;
  for (;;) {
    for (int i = 0; i < 64; ++i) {
      if (condition()) return true;
      cpu_pause();
    }
    const std::uint64_t now = monotonic_ns();
    if (end == 0) end = now + std::uint64_t{micros} * 1000;
    if (now >= end) return false;
  }
}

}  // namespace qads
