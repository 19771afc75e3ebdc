// Calls of the kernel that fail when a test says so. Linked with --wrap for each of them: the core, which
// asks, cannot tell.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace qads::test {

#define QADS_REFUSABLE_CALLS(X) \
  X(mmap)                       \
  X(mremap)                     \
  X(mprotect)                   \
  X(madvise)                    \
  X(open)                       \
  X(fcntl)                      \
  X(posix_fallocate)            \
  X(fchmod)                     \
  X(fstat)                      \
  X(stat)                       \
  X(linkat)                     \
  X(mkfifo)                     \
  X(rename)                     \
  X(write)                      \
  X(pwritev2)                   \
  X(read)                       \
  X(pread)                      \
  X(pwrite)                     \
  X(memfd_create)               \
  X(ppoll)                      \
  X(sem_clockwait)              \
  X(pthread_create)

enum class Call : std::uint32_t {
#define QADS_ENUMERATOR(name) name,
  QADS_REFUSABLE_CALLS(QADS_ENUMERATOR)
#undef QADS_ENUMERATOR
      count
};
inline constexpr std::size_t kCalls = static_cast<std::size_t>(Call::count);

const char* name_of(Call call);

/// Whose calls: those of the thread that asked for it, or of the others of its process.
enum class Caller { itself, other_threads };

struct Refusal {
  Call call;
  int error;
  std::uint32_t nth;  // from 1; 0: none
  bool for_ever;      // also all after it
};

/// What a process has called and been refused; to be shared with who looks.
struct CallCounts {
  std::array<std::atomic<std::uint32_t>, kCalls> calls{};
  std::atomic<std::uint32_t> refused{0};
};

/// From now on, in this process.
void refuse(const Refusal& refusal, Caller caller, CallCounts& counts);

}  // namespace qads::test
