// Joining an arena: claim an entry, hold reclaiming back while the start is chosen, become live.
#pragma once

#include <cstdint>
#include <memory>

#include "core/lease/table.hpp"
#include "core/segment/segment.hpp"

namespace qads {

struct Joined {
  std::shared_ptr<LeaseTable> table;
  std::uint64_t start;       // first sequence to read
  std::uint64_t asked_from;  // below `start` if what was asked for is gone
};

/// Throws too_many_readers, invalid_argument, not_found, timed_out, corrupt.
Joined join_arena(const std::string& name, std::int64_t from);

}  // namespace qads
