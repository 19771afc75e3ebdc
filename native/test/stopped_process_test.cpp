// Processes that are stopped are alive, however long it takes.
#include <csignal>
#include <string>

#include "core/segment/info.hpp"
#include "process_roles.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

TEST_CASE("a stopped reader holds a blocking writer up, is never declared dead, and loses nothing") {
  const std::string name = unique_name();
  const Shared<Steps> steps;
  auto writer = RingWriter::create(name, ring_of(16 * kPage, 8));
  Child reader([&] {
    auto slow = RingReader::attach(name, {});
    for (std::uint64_t i = 0; i < 50; ++i) {
      CHECK_EQ(read(*slow), i);
      steps->reach(static_cast<int>(i) + 1);
    }
    CHECK_EQ(slow->stats().lost, 0u);
  });
  write(*writer, 100);
  REQUIRE(steps->wait_for(1));
  reader.stop();
  const std::uint64_t written = 1 + write_until_blocked(*writer, 100);
  CHECK(written <= 9);
  // Each try looks for the dead.
  for (int look = 0; look < 100; ++look) CHECK(try_write(*writer, 100) == ClaimStatus::would_block);
  CHECK_EQ(writer->stats().reaped, 0u);
  CHECK(inspect_arena(name).readers.at(0).alive);
  reader.go_on();
  for (std::uint64_t i = written; i < 50; ++i) write(*writer, 100);
  CHECK(reader.succeeded());
}

TEST_CASE("a stopped reader under drop-oldest loses exactly what it is told") {
  const std::string name = unique_name();
  const Shared<Steps> steps;
  auto writer = RingWriter::create(name, ring_of(16 * kPage, 8, OnFull::drop_oldest));
  Child reader([&] {
    auto slow = RingReader::attach(name, {});
    std::uint64_t expected = 0;
    std::uint64_t lost = 0;
    BatchView batch;
    for (;;) {
      const PeekStatus status = slow->wait_peek(batch, soon());
      if (batch.lost_count > 0) {
        CHECK_EQ(batch.lost_first, expected);
        expected += batch.lost_count;
        lost += batch.lost_count;
      }
      if (status != PeekStatus::ready) break;
      CHECK_EQ(batch.sequence, expected++);
      CHECK(is_filled(batch.data, batch.length, batch.sequence));
      slow->advance();
      steps->reach(static_cast<int>(expected));
    }
    CHECK_EQ(expected, 1001u);
    CHECK(lost >= 900);
    CHECK_EQ(slow->stats().lost, lost);
  });
  write(*writer, 100);
  REQUIRE(steps->wait_for(1));
  reader.stop();
  for (int i = 0; i < 1000; ++i) write(*writer, 100);
  CHECK_EQ(writer->stats().reaped, 0u);
  CHECK(inspect_arena(name).readers.at(0).alive);
  reader.go_on();
  writer->end();
  CHECK(reader.succeeded());
}

TEST_CASE("a stopped writer is alive: its readers wait") {
  const std::string name = unique_name();
  const Shared<Steps> steps;
  Child writer = writer_process(name, ring_of(kPage), 1, *steps);
  REQUIRE(steps->wait_for(1));
  writer.stop();
  auto reader = RingReader::attach(name, {});
  CHECK_EQ(read(*reader), 0u);
  for (int look = 0; look < 100; ++look) {
    // Each new reader asks the kernel at its first look.
    auto other = RingReader::attach(name, from(1));
    CHECK(peek_status(*other) == PeekStatus::empty);
  }
  writer.kill(SIGKILL);
  CHECK(code_of([&] { read(*reader); }) == Errc::writer_died);
}
