// A process that has as many mappings as the kernel lets it have: batches that it holds still go out of the
// writer's way, and those that it reads then are copied.
#include <sys/mman.h>

#include <string>
#include <vector>

#include "process_roles.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

namespace {

constexpr std::uint64_t kLarge = 16 * kPage;
constexpr std::uint64_t kRing = 64 * kPage;

/// All mappings that the kernel gives, but for some: an even number. Kept until the process ends.
void crowd(int but_for) {
  // Pages whose neighbours have another protection are mappings of their own, and cost no memory.
  constexpr std::size_t kPages = std::size_t{1} << 16;
  for (bool refused = false; !refused;) {
    void* block =
        mmap(nullptr, kPages * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(block != MAP_FAILED);
    auto* bytes = static_cast<std::uint8_t*>(block);
    std::size_t page = 1;
    while (page < kPages && mprotect(bytes + page * kPage, kPage, PROT_READ) == 0) page += 2;
    refused = page < kPages;
    for (int freed = 0; refused && freed < but_for; freed += 2) {
      page -= 2;
      REQUIRE(mprotect(bytes + page * kPage, kPage, PROT_NONE) == 0);
    }
  }
  if (but_for > 0) return;
  while (mmap(nullptr, kPage, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
  }
}

/// Writes and reads batches that all are kept by a process with crowded mappings.
void check_keeper(int kept_before, int kept_after, int free_mappings, std::uint64_t least_copied) {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kRing, 16));
  const Shared<Steps> steps;
  Child keeper([&] {
    auto reader = RingReader::attach(name, {});
    std::vector<Lease*> leases;
    leases.reserve(static_cast<std::size_t>(kept_before + kept_after));
    for (int i = 0; i < kept_before; ++i) leases.push_back(take(*reader));
    CHECK_EQ(reader->stats().bytes_copied, 0u);
    crowd(free_mappings);
    steps->reach(1);
    for (int i = 0; i < kept_after; ++i) leases.push_back(take(*reader));
    for (Lease* lease : leases) check_lease(lease);
    CHECK(reader->stats().bytes_copied >= least_copied);
    CHECK(reader->stats().bytes_copied % kLarge == 0);
    CHECK(eventually([&] {
      return reader->stats().evacuations * kLarge + reader->stats().bytes_copied + kRing >=
             static_cast<std::uint64_t>(kept_before + kept_after) * kLarge;
    }));
    for (Lease* lease : leases) LeaseTable::release(lease);
    CHECK_EQ(reader->stats().private_bytes, 0u);
  });
  for (int i = 0; i < kept_before; ++i) write(*writer, kLarge);
  REQUIRE(steps->wait_for(1));
  for (int i = 0; i < kept_after; ++i) write(*writer, kLarge);
  CHECK(keeper.succeeded());
}

}  // namespace

TEST_CASE(
    "batches that were leased in place move when the process has no mapping left, later ones are copied") {
  for (const int kept : {1, 3, 4}) check_keeper(kept, 20, 0, 12 * kLarge);
}

TEST_CASE("a process that has no mapping left before it holds its first batch copies them all") {
  check_keeper(0, 20, 20, 20 * kLarge);
}

TEST_CASE("batches are leased in place for as long as they could be moved, and copied after") {
  check_keeper(4, 300, 200, 60 * kLarge);
}
