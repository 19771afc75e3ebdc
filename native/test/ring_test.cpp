#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.hpp"
#include "core/ring/reader.hpp"
#include "core/ring/writer.hpp"
#include "core/segment/info.hpp"
#include "support.hpp"
#include "testing.hpp"

using namespace qads;
using qads::test::fill;
using qads::test::is_filled;
using qads::test::unique_name;

namespace {

WriterOptions small_ring(OnFull on_full = OnFull::block) {
  WriterOptions options;
  options.arena.capacity = 256 * 1024;
  options.arena.slots = 8;
  options.arena.on_full = on_full;
  return options;
}

void write(RingWriter& writer, std::uint64_t bytes) {
  const Claim claim = writer.claim(bytes, Deadline::after_ms(10'000));
  REQUIRE(claim.status == ClaimStatus::claimed);
  fill(claim.data, bytes, writer.stats().batches);
  writer.commit(bytes, 1, 7);
}

}  // namespace

TEST_CASE("a batch written is read in place and in order") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, small_ring());
  auto reader = RingReader::attach(name, {});
  BatchView batch;
  CHECK(reader->peek(batch) == PeekStatus::empty);
  write(*writer, 100);
  write(*writer, 50'000);
  REQUIRE(reader->peek(batch) == PeekStatus::ready);
  CHECK_EQ(batch.sequence, 0u);
  CHECK(is_filled(batch.data, batch.length, 0));
  reader->advance();
  REQUIRE(reader->peek(batch) == PeekStatus::ready);
  CHECK_EQ(batch.length, 50'000u);
  Lease* lease = reader->take();
  CHECK(is_filled(lease->data, lease->length, 1));
  LeaseTable::release(lease);
  writer->end();
  CHECK(reader->peek(batch) == PeekStatus::ended);
  reader->close();
  writer->close();
  CHECK(qads::test::list_arena_names_with(name).empty());
}

TEST_CASE("a held batch keeps its bytes at its address while the ring goes on") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, small_ring());
  auto reader = RingReader::attach(name, {});
  std::vector<Lease*> held;
  for (std::uint64_t i = 0; i < 300; ++i) {
    write(*writer, 40'000 + i * 100);
    BatchView batch;
    REQUIRE(reader->peek(batch) == PeekStatus::ready);
    held.push_back(reader->take());
  }
  for (const Lease* lease : held) CHECK(is_filled(lease->data, lease->length, lease->sequence));
  CHECK(reader->stats().evacuations > 250);
  CHECK_EQ(reader->stats().bytes_copied, 0u);
  for (Lease* lease : held) LeaseTable::release(lease);
  CHECK_EQ(reader->stats().private_bytes, 0u);
}

TEST_CASE("drop-oldest tells a slow reader exactly what it lost") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, small_ring(OnFull::drop_oldest));
  auto reader = RingReader::attach(name, {});
  for (int i = 0; i < 100; ++i) write(*writer, 1000);
  BatchView batch;
  REQUIRE(reader->peek(batch) == PeekStatus::ready);
  CHECK_EQ(batch.lost_first, 0u);
  CHECK_EQ(batch.lost_count, batch.sequence);
  CHECK_EQ(batch.sequence, 92u);
  CHECK(is_filled(batch.data, batch.length, 92));
}

TEST_CASE("a blocked writer goes on when the reader does, across threads") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, small_ring());
  auto reader = RingReader::attach(name, {});
  constexpr std::uint64_t kBatches = 20'000;
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < kBatches; ++i) write(*writer, 64 + (i * 977) % 3000);
    writer->end();
  });
  std::uint64_t next = 0;
  BatchView batch;
  while (reader->wait_peek(batch, Deadline::after_ms(20'000)) == PeekStatus::ready) {
    CHECK_EQ(batch.sequence, next++);
    CHECK(is_filled(batch.data, batch.length, batch.sequence));
    reader->advance();
  }
  producer.join();
  CHECK_EQ(next, kBatches);
}
