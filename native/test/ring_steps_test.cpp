// One party acts exactly between two steps of another: the orders that threads and processes reach rarely.
#include <semaphore.h>

#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/segment/segment.hpp"
#include "core/wake/semaphore.hpp"
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

TEST_CASE("a lease that is released while its pages are copied is gone, and its space free") {
  Ring ring(OnFull::block);
  ring.write_until_full(kBatches);
  std::vector<Lease*> leases;
  BatchView batch;
  for (std::uint64_t i = 0; i < kBatches; ++i) {
    REQUIRE(ring.reader->peek(batch) == PeekStatus::ready);
    leases.push_back(ring.reader->take());
  }
  {
    const AtSyncPoint meanwhile(SyncPoint::evacuate_copy, 2, [&] {
      check_lease(leases[1]);
      LeaseTable::release(leases[1]);
    });
    CHECK(ring.writer->claim(kBatches * kBatch, soon()).status == ClaimStatus::claimed);
    CHECK(meanwhile.reached());
  }
  std::memset(ring.writer->ring(), 0xEE, kBatches * kBatch);
  CHECK_EQ(ring.reader->stats().leases, kBatches - 1);
  CHECK_EQ(ring.reader->stats().evacuations, kBatches - 1);
  for (const std::uint64_t i : {0u, 2u, 3u}) {
    check_lease(leases[i]);
    LeaseTable::release(leases[i]);
  }
  CHECK_EQ(ring.reader->stats().private_bytes, 0u);
}

TEST_CASE("a reader that closes while its held batch is being moved lets go of its place after the move") {
  for (const bool writer_closes : {false, true}) {
    Ring ring(OnFull::block);
    ring.write_until_full(kBatches);
    std::vector<Lease*> leases;
    BatchView batch;
    for (std::uint64_t i = 0; i < kBatches; ++i) {
      REQUIRE(ring.reader->peek(batch) == PeekStatus::ready);
      leases.push_back(ring.reader->take());
    }
    const AtSyncPoint meanwhile(SyncPoint::evacuate_copy, 2, [&] {
      if (writer_closes) ring.writer->abandon();
      ring.reader->close();
    });
    CHECK(ring.writer->try_claim(kBatches * kBatch).status == ClaimStatus::would_block);
    CHECK(eventually([&] { return meanwhile.reached(); }));
    if (!writer_closes) {
      CHECK(eventually([&] { return ring.writer->stats().readers == 0; }));
      const Claim claim = ring.writer->claim(kBatches * kBatch, soon());
      REQUIRE(claim.status == ClaimStatus::claimed);
      std::memset(claim.data, 0xEE, claim.length);
      ring.writer->close();
    }
    CHECK(eventually([&] { return is_gone(ring.name); }));
    for (Lease* lease : leases) {
      check_lease(lease);
      LeaseTable::release(lease);
    }
  }
}

TEST_CASE("a reader that joins in the middle of a reclaim gets no batch that is being overwritten") {
  for (const OnFull on_full : {OnFull::block, OnFull::drop_oldest, OnFull::drop_newest}) {
    for (const SyncPoint point :
         {SyncPoint::claim_announce, SyncPoint::claim_skip, SyncPoint::claim_reclaim}) {
      Ring ring(on_full);
      ring.write_until_full(kBatches);
      if (on_full != OnFull::drop_oldest) {
        BatchView batch;
        while (ring.reader->peek(batch) == PeekStatus::ready) ring.reader->advance();
      }
      std::unique_ptr<RingReader> late;
      {
        const AtSyncPoint meanwhile(point, 1, [&] { late = RingReader::attach(ring.name, {}); });
        ring.write_until_full(2);
        CHECK(meanwhile.reached() || point == SyncPoint::claim_skip);
      }
      if (!late) continue;
      std::uint64_t expected = late->stats().cursor;
      for (int i = 0; i < 20; ++i) {
        ring.write_until_full(1);
        BatchView batch;
        REQUIRE(late->peek(batch) == PeekStatus::ready);
        expected += batch.lost_count;
        CHECK_EQ(batch.sequence, expected++);
        CHECK(is_filled(batch.data, batch.length, batch.sequence));
        late->advance();
        if (on_full != OnFull::drop_oldest) {
          while (ring.reader->peek(batch) == PeekStatus::ready) ring.reader->advance();
        }
      }
    }
  }
}

TEST_CASE("a writer that reclaims in the middle of a join leaves the batches that the reader may start at") {
  for (const OnFull on_full : {OnFull::block, OnFull::drop_oldest, OnFull::drop_newest}) {
    for (const SyncPoint point : {SyncPoint::join_claim, SyncPoint::join_start, SyncPoint::join_live}) {
      Ring ring(on_full);
      ring.write_until_full(kBatches);
      BatchView batch;
      while (ring.reader->peek(batch) == PeekStatus::ready) ring.reader->advance();
      std::unique_ptr<RingReader> late;
      {
        const AtSyncPoint meanwhile(point, 1, [&] { ring.write_until_full(2 * kBatches); });
        late = RingReader::attach(ring.name, {});
        CHECK(meanwhile.reached());
      }
      std::uint64_t expected = late->stats().cursor;
      while (late->peek(batch) == PeekStatus::ready) {
        expected += batch.lost_count;
        CHECK_EQ(batch.sequence, expected++);
        CHECK(is_filled(batch.data, batch.length, batch.sequence));
        late->advance();
      }
      CHECK_EQ(expected, ring.next);
    }
  }
}

TEST_CASE("a wake-up is not lost when the condition comes true between the flag and the sleep") {
  Ring ring(OnFull::block);
  const SharedSegment outside = SharedSegment::open(ring.name);
  BatchView batch;
  // A sleep that finds no post would end all the same, by its time slice: so look at the semaphore.
  const auto posted = [](unsigned char* semaphore) {
    int value = 0;
    return sem_getvalue(reinterpret_cast<sem_t*>(semaphore), &value) == 0 && value == 1;
  };
  for (const SyncPoint point : {SyncPoint::reader_wait_flag, SyncPoint::reader_wait_sleep}) {
    const AtSyncPoint meanwhile(point, 1, [&] {
      ring.write_until_full(1);
      CHECK(posted(outside.reader(0).semaphore));
    });
    CHECK(ring.reader->wait_peek(batch, soon()) == PeekStatus::ready);
    CHECK(meanwhile.reached());
    ring.reader->advance();
    wait_semaphore(outside.reader(0).semaphore, 0);
  }
  ring.write_until_full(kBatches);
  for (const SyncPoint point : {SyncPoint::writer_wait_flag, SyncPoint::writer_wait_sleep}) {
    const AtSyncPoint meanwhile(point, 1, [&] {
      REQUIRE(ring.reader->peek(batch) == PeekStatus::ready);
      ring.reader->advance();
      CHECK(posted(outside.control().writer_wait.semaphore));
    });
    CHECK(ring.writer->claim(kBatch, soon()).status == ClaimStatus::claimed);
    CHECK(meanwhile.reached());
    ring.writer->commit(kBatch, 0, 0);
    wait_semaphore(outside.control().writer_wait.semaphore, 0);
  }
  while (ring.reader->peek(batch) == PeekStatus::ready) ring.reader->advance();
  const AtSyncPoint meanwhile(SyncPoint::reader_wait_sleep, 1, [&] {
    ring.writer->end();
    CHECK(posted(outside.reader(0).semaphore));
  });
  CHECK(ring.reader->wait_peek(batch, soon()) == PeekStatus::ended);
  CHECK(meanwhile.reached());
}
