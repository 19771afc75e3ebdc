// A kernel that has no memory for a batch that is to be moved out of the writer's way.
#include <sys/resource.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "process_roles.hpp"
#include "ring_support.hpp"
#include "sync_hooks.hpp"

using namespace qads;
using namespace qads::test;

namespace {

// For what is small; less than a batch.
constexpr rlim_t kSpare = 8 << 20;

/// Bytes of address space that this process has.
rlim_t memory_now() {
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  REQUIRE(pages > 0);
  return pages * kPage;
}

/// Bounds what this process can map, and what it can put in a file instead.
class LimitedMemory {
 public:
  LimitedMemory() {
    limit(RLIMIT_AS, memory_now() + kSpare, before_[0]);
    limit(RLIMIT_FSIZE, kSpare, before_[1]);
  }
  ~LimitedMemory() {
    setrlimit(RLIMIT_AS, &before_[0]);
    setrlimit(RLIMIT_FSIZE, &before_[1]);
  }
  LimitedMemory(const LimitedMemory&) = delete;
  LimitedMemory& operator=(const LimitedMemory&) = delete;

 private:
  static void limit(decltype(RLIMIT_AS) what, rlim_t bytes, rlimit& before) {
    REQUIRE(getrlimit(what, &before) == 0);
    rlimit limited = before;
    limited.rlim_cur = bytes;
    REQUIRE(setrlimit(what, &limited) == 0);
  }

  rlimit before_[2];
};

}  // namespace

TEST_CASE("a move that the kernel refuses is tried again until it succeeds") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 << 20, 64));
  const Shared<Steps> steps;
  for (int i = 0; i < 3; ++i) write(*writer, 20 << 20);
  Child holder([&] {
    auto reader = RingReader::attach(name, {});
    std::vector<Lease*> leases;
    for (int i = 0; i < 2; ++i) leases.push_back(take(*reader));
    read(*reader);
    const AtSyncPoint again(SyncPoint::evacuate_copy, 3, [&] {
      CHECK_EQ(reader->stats().evacuations, 0u);
      steps->reach(2);
    });
    auto limited = std::make_unique<LimitedMemory>();
    steps->reach(1);
    CHECK(steps->wait_for(3));
    limited.reset();
    CHECK(steps->wait_for(4));
    CHECK_EQ(reader->stats().evacuations, 2u);
    for (Lease* lease : leases) {
      check_lease(lease);
      LeaseTable::release(lease);
    }
  });
  REQUIRE(steps->wait_for(1));
  CHECK(writer->try_claim(60 << 20).status == ClaimStatus::would_block);
  REQUIRE(steps->wait_for(2));
  CHECK(writer->try_claim(60 << 20).status == ClaimStatus::would_block);
  steps->reach(3);
  const Claim claim = writer->claim(60 << 20, soon());
  REQUIRE(claim.status == ClaimStatus::claimed);
  std::memset(claim.data, 0xEE, claim.length);
  steps->reach(4);
  CHECK(holder.succeeded());
}
