// Whether transparent huge pages would help a ring: the same bytes copied into shared memory of small pages
// and of pages that were collapsed into huge ones, in turns. `huge_pages MIB BATCH_MIB ROUNDS` prints
// gigabytes a second for each round, {"small":[…],"huge":[…]}, and {"huge":[]} where the kernel makes none.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "bench_support.hpp"
#include "core/base/clock.hpp"
#include "core/base/stream_copy.hpp"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

namespace {

using namespace qads;
using namespace qads::bench;

constexpr std::uint64_t kHugePage = 2u << 20;

/// A mapping of a file in shared memory that starts on a huge page; it lives as long as the process.
std::uint8_t* map_shared(const std::string& name, std::uint64_t length) {
  const int fd = shm_open(("/" + name).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) throw std::bad_alloc();
  shm_unlink(("/" + name).c_str());
  if (posix_fallocate(fd, 0, static_cast<off_t>(length)) != 0) throw std::bad_alloc();
  void* space = mmap(nullptr, length + kHugePage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (space == MAP_FAILED) throw std::bad_alloc();
  const auto place = reinterpret_cast<std::uintptr_t>(space) + kHugePage - 1;
  auto* start = reinterpret_cast<void*>(place & ~(kHugePage - 1));
  void* bytes = mmap(start, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
  close(fd);
  if (bytes == MAP_FAILED) throw std::bad_alloc();
  std::memset(bytes, 1, length);
  return static_cast<std::uint8_t*>(bytes);
}

double round_of(std::uint8_t* ring, std::uint64_t length, const std::vector<std::uint8_t>& batch) {
  const std::uint64_t start = monotonic_ns();
  for (std::uint64_t at = 0; at + batch.size() <= length; at += batch.size()) {
    stream_copy(ring + at, batch.data(), batch.size());
    stream_fence();
  }
  return static_cast<double>(length) / static_cast<double>(monotonic_ns() - start);
}

}  // namespace

int main(int argc, char** argv) {
  return run([&] {
    const std::uint64_t length = argument(argc, argv, 1, 256) << 20;
    const std::vector<std::uint8_t> batch(argument(argc, argv, 2, 8) << 20, 2);
    const std::uint64_t rounds = argument(argc, argv, 3, 9);
    std::uint8_t* small = map_shared(arena_name("small-pages"), length);
    std::uint8_t* huge = map_shared(arena_name("huge-pages"), length);
    // Whatever the machine's settings for shared memory are.
    const bool collapsed = madvise(huge, length, MADV_COLLAPSE) == 0;
    std::vector<double> small_speeds, huge_speeds;
    for (std::uint64_t round = 0; round <= rounds; ++round) {
      const double in_small = round_of(small, length, batch);
      const double in_huge = round_of(huge, length, batch);
      if (round == 0) continue;
      small_speeds.push_back(in_small);
      if (collapsed) huge_speeds.push_back(in_huge);
    }
    std::printf("{");
    print_numbers("small", small_speeds);
    print_numbers("huge", huge_speeds, true);
    std::printf("}\n");
  });
}
