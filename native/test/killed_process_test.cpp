// Processes that are killed, and what the others see of it.
#include <csignal>
#include <memory>
#include <string>

#include "core/segment/info.hpp"
#include "process_roles.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

namespace {

/// A writer whose ring is full with eight batches, of which its only reader had read three when it was
/// killed.
std::unique_ptr<RingWriter> writer_of_killed_reader(const std::string& name) {
  WriterOptions options = ring_of(16 * kPage, 8);
  options.arena.max_readers = 1;
  auto writer = RingWriter::create(name, options);
  for (int i = 0; i < 8; ++i) write(*writer, 100);
  killed_reader(name, 3, 0);
  return writer;
}

/// The next reader gets the five batches that the killed one had not read, and the three that were written
/// since.
void read_what_is_kept(const std::string& name, RingWriter& writer) {
  auto next = RingReader::attach(name, {});
  for (std::uint64_t i = 3; i < 11; ++i) CHECK_EQ(read(*next), i);
  next->close();
  writer.close();
  check_gone(name);
}

}  // namespace

TEST_CASE("a killed writer: readers get what was committed, then learn that it died") {
  const std::string name = unique_name();
  const Shared<Steps> steps;
  Child writer = writer_process(name, ring_of(16 * kPage), 3, *steps);
  REQUIRE(steps->wait_for(1));
  auto reader = RingReader::attach(name, {});
  CHECK_EQ(read(*reader), 0u);
  writer.kill(SIGKILL);
  CHECK(writer.ended_by(SIGKILL));
  auto late = RingReader::attach(name, {});
  CHECK_EQ(read(*reader), 1u);
  CHECK_EQ(read(*reader), 2u);
  for (int i = 0; i < 3; ++i) CHECK(code_of([&] { read(*reader); }) == Errc::writer_died);
  for (std::uint64_t i = 0; i < 3; ++i) CHECK_EQ(read(*late), i);
  CHECK(code_of([&] { read(*late); }) == Errc::writer_died);
  reader->close();
  late->close();
  check_gone(name);
}

TEST_CASE("a killed writer: a reader that sleeps learns it") {
  const std::string name = unique_name();
  const Shared<Steps> steps;
  Child writer = writer_process(name, ring_of(16 * kPage), 0, *steps);
  REQUIRE(steps->wait_for(1));
  Child reader([&] {
    auto sleeper = RingReader::attach(name, {});
    CHECK(code_of([&] { read(*sleeper); }) == Errc::writer_died);
  });
  CHECK(eventually([&] {
    const ArenaInfo info = inspect_arena(name);
    return !info.readers.empty() && info.readers[0].waiting;
  }));
  writer.kill(SIGKILL);
  CHECK(reader.succeeded());
}

TEST_CASE("a killed reader: its place is given back, and its unread batches are kept for the next") {
  const std::string name = unique_name();
  auto writer = writer_of_killed_reader(name);
  // What it had read may go; the rest waits for the next reader.
  for (int i = 0; i < 3; ++i) write(*writer, 100);
  CHECK(writer->try_claim(100).status == ClaimStatus::would_block);
  CHECK_EQ(writer->stats().reaped, 1u);
  CHECK_EQ(writer->stats().readers, 0u);
  CHECK_EQ(writer->stats().unread, 8u);
  read_what_is_kept(name, *writer);
}

TEST_CASE("a killed reader's place can be taken before the writer has looked") {
  const std::string name = unique_name();
  WriterOptions options = ring_of(64 * kPage, 8);
  options.arena.max_readers = 1;
  auto writer = RingWriter::create(name, options);
  for (int i = 0; i < 4; ++i) write(*writer, 40'000);
  killed_reader(name, 4, 3);
  auto next = RingReader::attach(name, {});
  const std::uint64_t first = read(*next);
  for (std::uint64_t i = first + 1; i < 4; ++i) CHECK_EQ(read(*next), i);
  for (std::uint64_t i = 4; i < 40; ++i) {
    write(*writer, 40'000);
    CHECK_EQ(read(*next), i);
  }
  next->close();
  writer->close();
  check_gone(name);
}

TEST_CASE(
    "a killed reader whose place is taken by one that fails to join leaves what it leaves without that one") {
  const std::string name = unique_name();
  auto writer = writer_of_killed_reader(name);
  CHECK(code_of([&] { RingReader::attach(name, from(100)); }) == Errc::invalid_argument);
  // What the dead one had read may go; the rest waits for the next reader.
  for (int i = 0; i < 3; ++i) CHECK(try_write(*writer, 100) == ClaimStatus::claimed);
  CHECK(try_write(*writer, 100) == ClaimStatus::would_block);
  read_what_is_kept(name, *writer);
}

TEST_CASE("a reader that is killed with batches held holds nobody up") {
  const std::string name = unique_name();
  const Shared<Steps> steps;
  auto writer = RingWriter::create(name, ring_of(64 * kPage, 8));
  auto other = RingReader::attach(name, {});
  for (int i = 0; i < 5; ++i) write(*writer, 40'000);
  Child reader = reader_process(name, 5, 4, *steps);
  REQUIRE(steps->wait_for(1));
  reader.stop();
  for (std::uint64_t i = 0; i < 5; ++i) CHECK_EQ(read(*other), i);
  // Stopped is not dead: nothing below its leases is touched, and its evacuator is stopped too.
  CHECK(write_until_blocked(*writer, 40'000) <= 3);
  CHECK_EQ(writer->stats().reaped, 0u);
  reader.kill(SIGKILL);
  CHECK(reader.ended_by(SIGKILL));
  std::uint64_t expected = 5;
  while (peek_status(*other) == PeekStatus::ready) CHECK_EQ(read(*other), expected++);
  for (int i = 0; i < 30; ++i) {
    write(*writer, 40'000);
    CHECK_EQ(read(*other), expected++);
  }
  CHECK_EQ(writer->stats().reaped, 1u);
  other->close();
  writer->close();
  check_gone(name);
}

TEST_CASE("writer and readers killed: the next writer has the name, and nothing needs cleaning by hand") {
  const std::string name = unique_name();
  for (int round = 0; round < 3; ++round) {
    const Shared<Steps> writer_steps, reader_steps;
    Child writer = writer_process(name, ring_of(64 * kPage, 8), 5, *writer_steps);
    REQUIRE(writer_steps->wait_for(1));
    Child reader = reader_process(name, 4, 2, *reader_steps);
    REQUIRE(reader_steps->wait_for(1));
    writer.kill(SIGKILL);
    reader.kill(SIGKILL);
    CHECK(writer.ended_by(SIGKILL) && reader.ended_by(SIGKILL));
    CHECK_EQ(inspect_arena(name).header.generation, static_cast<std::uint64_t>(round + 1));
  }
  auto writer = RingWriter::create(name, ring_of(kPage));
  auto reader = RingReader::attach(name, {});
  write(*writer, 10);
  CHECK_EQ(read(*reader), 0u);
  reader->close();
  writer->close();
  check_gone(name);
}
