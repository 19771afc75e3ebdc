// Processes with a part in a test: what they do, and how the test and they wait for each other.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "processes.hpp"
#include "ring_support.hpp"

namespace qads::test {

constexpr std::uint64_t kPage = 4096;

/// True if all that is in /dev/shm is this test's.
inline const bool isolated = own_shared_memory();

/// What a child has come to; the parent waits for it, and the other way round.
struct Steps {
  std::atomic<int> reached{0};
  void reach(int step) { reached.store(step); }
  bool wait_for(int step) {
    return eventually([&] { return reached.load() >= step; });
  }
};

/// Nothing is left once all have gone.
void check_gone(const std::string& name);

/// A writer that has written `batches`, and waits to be killed.
Child writer_process(const std::string& name, const WriterOptions& options, std::uint64_t batches,
                     Steps& steps);

/// A reader that has read `batches`, holds the last `held` of them, and waits to be killed.
Child reader_process(const std::string& name, std::uint64_t batches, std::uint64_t held, Steps& steps);

/// A reader that has read `batches`, holds the last `held` of them, and was killed.
void killed_reader(const std::string& name, std::uint64_t batches, std::uint64_t held);

}  // namespace qads::test
