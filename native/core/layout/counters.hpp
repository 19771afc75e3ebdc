// Counters in shared memory: one owner adds, others look. Never decisions.
#pragma once

#include <cstdint>

#include "arena.hpp"

namespace qads {

inline void bump(Word64& counter, std::uint64_t amount = 1) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace qads
