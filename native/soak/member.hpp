// A process of the soak: reads an arena, writes one, or does both.
#pragma once

#include <cstdint>

#include "board.hpp"
#include "plan.hpp"

namespace qads::soak {

struct Role {
  const ArenaPlan* input = nullptr;
  const ArenaPlan* output = nullptr;
};

/// Runs in a process of its own until the board's phase ends it.
void run_member(Board& board, const Role& role, std::uint64_t random_seed);

}  // namespace qads::soak
