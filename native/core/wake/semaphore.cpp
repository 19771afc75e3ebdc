#include "semaphore.hpp"

#include <semaphore.h>

#include "core/base/clock.hpp"

namespace qads {
namespace {

sem_t* semaphore_at(unsigned char* place) noexcept { return reinterpret_cast<sem_t*>(place); }

}  // namespace

void init_semaphore(unsigned char* place) noexcept { sem_init(semaphore_at(place), 1, 0); }

void wait_semaphore(unsigned char* place, std::uint64_t deadline_ns) noexcept {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 30)
  const timespec at{static_cast<time_t>(deadline_ns / 1'000'000'000u),
                    static_cast<long>(deadline_ns % 1'000'000'000u)};
  sem_clockwait(semaphore_at(place), CLOCK_MONOTONIC, &at);
#else
  const std::uint64_t now = monotonic_ns();
  const std::uint64_t wall = wall_ns() + (deadline_ns > now ? deadline_ns - now : 0);
  const timespec at{static_cast<time_t>(wall / 1'000'000'000u), static_cast<long>(wall % 1'000'000'000u)};
  sem_timedwait(semaphore_at(place), &at);
#endif
}

void post_semaphore(unsigned char* place) noexcept { sem_post(semaphore_at(place)); }

}  // namespace qads
