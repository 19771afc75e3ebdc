// Requests to move held batches whose bell is not heard: nobody waits for ever.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "core/segment/segment.hpp"
#include "core/wake/bell.hpp"
#include "process_roles.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

namespace {

constexpr std::uint64_t kLarge = 10 * kPage;
constexpr std::uint64_t kMost = 60 * kPage;

/// A ring that a process of its own holds all of.
struct HeldRing {
  HeldRing()
      : writer(RingWriter::create(name, ring_of(64 * kPage))), holder([this] {
          auto reader = RingReader::attach(name, {});
          std::vector<Lease*> leases;
          steps->reach(1);
          for (int i = 0; i < 4; ++i) leases.push_back(take(*reader));
          steps->reach(2);
          CHECK(steps->wait_for(3));
          for (Lease* lease : leases) {
            check_lease(lease);
            LeaseTable::release(lease);
          }
        }) {
    for (int i = 0; i < 4; ++i) write(*writer, kLarge);
    REQUIRE(steps->wait_for(2));
  }

  void check_end() {
    steps->reach(3);
    CHECK(holder.succeeded());
  }

  Word64& bell_id() { return segment.reader(0).evacuator_bell_id; }

  const std::string name = unique_name();
  const Shared<Steps> steps;
  std::unique_ptr<RingWriter> writer;
  Child holder;
  const SharedSegment segment = SharedSegment::open(name);
};

/// This process can open nothing, for as long as the object lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit none = before_;
    none.rlim_cur = 0;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("held batches move although the writer has no descriptor to ring with") {
  HeldRing ring;
  {
    const NoDescriptors none;
    write(*ring.writer, kMost);
  }
  ring.check_end();
}

TEST_CASE("held batches move although the bell's name was removed, and the next bell has a name again") {
  HeldRing ring;
  const std::uint64_t lost = ring.bell_id().load();
  REQUIRE(unlink(bell_path(lost).c_str()) == 0);
  write(*ring.writer, kMost);
  CHECK(eventually([&] { return ring.bell_id().load() != lost; }));
  CHECK(BellRinger().ring(ring.bell_id().load()));
  ring.check_end();
}

TEST_CASE("a writer asks again while held batches stay in its way") {
  HeldRing ring;
  // Nobody answers: every ring is as good as lost.
  ring.holder.stop();
  const Bell bell;
  ring.bell_id().store(bell.id());
  for (int asked = 0; asked < 3; ++asked) {
    CHECK(eventually([&] {
      CHECK(ring.writer->try_claim(kMost).status == ClaimStatus::would_block);
      return bell.wait(0);
    }));
    bell.drain();
  }
  CHECK_EQ(ring.writer->stats().evictions, 1u);
  ring.holder.go_on();
  write(*ring.writer, kMost);
  ring.check_end();
}
