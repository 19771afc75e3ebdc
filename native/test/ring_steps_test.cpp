// One party acts exactly between two steps of another: the orders that threads and processes reach rarely.
#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "processes.hpp"
#include "ring_support.hpp"
#include "sync_hooks.hpp"

using namespace qads;
using namespace qads::test;

namespace {

constexpr std::uint64_t kBatch = 64 * 1024;
constexpr std::uint64_t kBatches = 4;

struct Ring {
  explicit Ring(OnFull on_full) {
    WriterOptions options;
    options.arena.capacity = kBatches * kBatch;
    options.arena.slots = 2 * kBatches;
    options.arena.on_full = on_full;
    writer = RingWriter::create(name, options);
    reader = RingReader::attach(name, {});
  }

  /// Writes as long as there is space; what is overwritten is not what it was.
  std::uint64_t write_until_full(std::uint64_t at_most) {
    std::uint64_t written = 0;
    for (; written < at_most; ++written) {
      const Claim claim = writer->try_claim(kBatch);
      if (claim.status != ClaimStatus::claimed) break;
      fill(claim.data, kBatch, next);
      writer->commit(kBatch, next, 0);
      ++next;
    }
    return written;
  }

  const std::string name = unique_name();
  std::unique_ptr<RingWriter> writer;
  std::unique_ptr<RingReader> reader;
  std::uint64_t next = 0;
};

}  // namespace

TEST_CASE("a writer that looks in the middle of a take finds the batch in use") {
  for (const OnFull on_full : {OnFull::block, OnFull::drop_oldest, OnFull::drop_newest}) {
    for (const SyncPoint point : {SyncPoint::acquire_pin, SyncPoint::acquire_cursor}) {
      Ring ring(on_full);
      ring.write_until_full(kBatches);
      BatchView batch;
      Lease* lease = nullptr;
      {
        const AtSyncPoint meanwhile(point, 1, [&] { ring.write_until_full(3 * kBatches); });
        REQUIRE(ring.reader->peek(batch) == PeekStatus::ready);
        lease = ring.reader->take();
        CHECK(meanwhile.reached());
      }
      check_lease(lease);
      LeaseTable::release(lease);
    }
  }
}

TEST_CASE("a lease taken after the writer asked for its space is moved too") {
  Ring ring(OnFull::drop_oldest);
  ring.write_until_full(kBatches);
  BatchView batch;
  REQUIRE(ring.reader->peek(batch) == PeekStatus::ready);
  Lease* first = ring.reader->take();
  REQUIRE(ring.reader->peek(batch) == PeekStatus::ready);
  // One batch as large as the ring wants all the space, and says so once.
  CHECK(ring.writer->try_claim(kBatches * kBatch).status == ClaimStatus::would_block);
  CHECK(eventually([&] { return ring.reader->stats().evacuations == 1; }));
  Lease* second = ring.reader->take();
  CHECK(ring.writer->claim(kBatches * kBatch, soon()).status == ClaimStatus::claimed);
  std::memset(ring.writer->ring(), 0xEE, kBatches * kBatch);
  for (Lease* lease : {first, second}) {
    check_lease(lease);
    LeaseTable::release(lease);
  }
}

TEST_CASE("a writer that finds the name given to another while it takes over leaves that one alone") {
  const std::string name = unique_name();
  const auto die = [&] {
    Child writer([&] {
      auto dying = RingWriter::create(name, ring_of(4096));
      raise(SIGKILL);
    });
    CHECK(writer.ended_by(SIGKILL));
  };
  die();
  std::unique_ptr<RingWriter> other;
  Errc code = Errc::ok;
  {
    const AtSyncPoint meanwhile(SyncPoint::create_locked, 1, [&] {
      CHECK(unlink_arena(name));
      other = RingWriter::create(name, ring_of(4096));
    });
    code = code_of([&] { RingWriter::create(name, ring_of(4096)); });
    CHECK(meanwhile.reached());
  }
  CHECK(code == Errc::writer_exists);
  CHECK(!is_gone(name));
  auto reader = RingReader::attach(name, {});
  write(*other, 10);
  CHECK_EQ(read(*reader), 0u);
}
