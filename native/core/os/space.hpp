// Room for an arena, asked before it is taken: running out later would end processes.
#pragma once

#include <cstdint>
#include <string>

namespace qads {

/// Throws no_space if shared memory, the machine's memory or what the control groups allow is less than
/// `needed`; system if there is no shared memory.
void check_space(std::uint64_t needed, const std::string& name);

/// Throws system if there is no shared memory: where something was not found that may be the reason.
void check_shared_memory_exists(const std::string& name);

}  // namespace qads
