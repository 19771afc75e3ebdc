// Arenas that everybody has left and whose name stays, because the last who left may not remove it: in a
// folder like /dev/shm only the owner of a file may. Such an arena is marked, its memory is given back, and
// to everybody it is not there; its owner's programs remove the name when they next create or close an arena.
#pragma once

#include <string>
#include <vector>

#include "core/layout/arena.hpp"

namespace qads {

/// True if the file is an arena that is so marked.
bool is_deserted(int fd) noexcept;

/// Gives its memory back, but for the control page, unless another descriptor holds kBytesLock: what somebody
/// who left still looks at goes when that one is done.
void give_back_memory(int fd, const SharedMemoryHeader& header) noexcept;

/// Removes those that are this user's.
void remove_deserted_arenas() noexcept;

}  // namespace qads
