// Hints that a cache line is needed soon: its way from another processor then overlaps with other work. Never
// a decision; any address will do.
#pragma once

namespace qads {

inline void prefetch_to_read(const void* line) noexcept { __builtin_prefetch(line, 0, 3); }
inline void prefetch_to_write(const void* line) noexcept { __builtin_prefetch(line, 1, 3); }

}  // namespace qads
