// How often this process and its ancestors forked since the module was loaded.
#pragma once

#include <cstdint>

namespace qads::python {

/// Differs between a process and its forked children.
std::uint64_t fork_count() noexcept;
/// Once per process, before the first use.
void count_forks();

}  // namespace qads::python
