// Process-shared POSIX semaphores inside the arena. A garbled one can delay a wake-up, never more: callers
// re-check their condition after every wait and never wait longer than a slice.
#pragma once

#include <cstdint>

namespace qads {

void init_semaphore(unsigned char* place) noexcept;
/// Sleeps until posted or until `deadline_ns` on the monotonic clock.
void wait_semaphore(unsigned char* place, std::uint64_t deadline_ns) noexcept;
void post_semaphore(unsigned char* place) noexcept;

}  // namespace qads
