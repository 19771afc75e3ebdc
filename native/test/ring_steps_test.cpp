// One party acts exactly between two steps of another: the orders that threads and processes reach rarely.
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/ring_reader.hpp"
#include "core/ring_writer.hpp"
#include "support.hpp"
#include "sync_hooks.hpp"
#include "testing.hpp"

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
      CHECK(is_filled(lease->data, lease->length, lease->sequence));
      LeaseTable::release(lease);
    }
  }
}

TEST_CASE("a lease taken after the writer asked for its space is moved too") {
  for (const OnFull on_full : {OnFull::block, OnFull::drop_oldest}) {
    Ring ring(on_full);
    ring.write_until_full(kBatches);
    std::vector<Lease*> leases;
    BatchView batch;
    const auto take = [&] {
      if (ring.reader->peek(batch) == PeekStatus::ready) leases.push_back(ring.reader->take());
    };
    take();
    take();
    if (on_full == OnFull::drop_oldest) REQUIRE(ring.reader->peek(batch) == PeekStatus::ready);
    // One batch as large as the ring wants all the space, and says so once.
    CHECK(ring.writer->try_claim(kBatches * kBatch).status == ClaimStatus::would_block);
    CHECK(eventually([&] { return ring.reader->stats().evacuations == 2; }));
    for (std::uint64_t i = 2; i < kBatches; ++i) take();
    CHECK(ring.writer->claim(kBatches * kBatch, Deadline::after_ms(10'000)).status == ClaimStatus::claimed);
    std::memset(ring.writer->ring(), 0xEE, kBatches * kBatch);
    for (Lease* lease : leases) {
      CHECK(is_filled(lease->data, lease->length, lease->sequence));
      LeaseTable::release(lease);
    }
  }
}
