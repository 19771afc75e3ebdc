// Processes that die, stop, fork and exit without a word; and what the others see of it.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/arena_info.hpp"
#include "core/bell.hpp"
#include "processes.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

namespace {

constexpr std::uint64_t kPage = 4096;

[[maybe_unused]] const bool isolated = own_shared_memory();

/// What a child has come to; the parent waits for it, and the other way round.
struct Steps {
  std::atomic<int> reached{0};
  void reach(int step) { reached.store(step); }
  bool wait_for(int step) {
    return eventually([&] { return reached.load() >= step; });
  }
};

/// Nothing is left once all have gone.
void check_gone(const std::string& name) { CHECK_EQ(left_in_shared_memory(name), ""); }

/// A writer that has written `batches`, and waits to be killed.
Child writer_process(const std::string& name, const WriterOptions& options, std::uint64_t batches,
                     Steps& steps) {
  return Child([&steps, name, options, batches] {
    auto writer = RingWriter::create(name, options);
    for (std::uint64_t i = 0; i < batches; ++i) write(*writer, 100);
    // Bytes of a batch that is never committed.
    const Claim claim = writer->try_claim(50);
    if (claim.status == ClaimStatus::claimed) std::memset(claim.data, 0xEE, claim.length);
    steps.reach(1);
    CHECK(steps.wait_for(2));
  });
}

/// A reader that has read `batches`, holds the last `held` of them, and waits to be killed.
Child reader_process(const std::string& name, std::uint64_t batches, std::uint64_t held, Steps& steps) {
  return Child([&steps, name, batches, held] {
    auto reader = RingReader::attach(name, {});
    std::vector<Lease*> leases;
    for (std::uint64_t i = 0; i < batches; ++i) {
      if (i + held >= batches) {
        leases.push_back(take(*reader));
      } else {
        read(*reader);
      }
    }
    steps.reach(1);
    CHECK(steps.wait_for(2));
    reader->close();
    for (Lease* lease : leases) LeaseTable::release(lease);
  });
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
  const Shared<Steps> steps;
  WriterOptions options = ring_of(16 * kPage, 8);
  options.arena.max_readers = 1;
  auto writer = RingWriter::create(name, options);
  for (int i = 0; i < 8; ++i) write(*writer, 100);
  Child reader = reader_process(name, 3, 0, *steps);
  REQUIRE(steps->wait_for(1));
  reader.kill(SIGKILL);
  CHECK(reader.ended_by(SIGKILL));
  // What it had read may go; the rest waits for the next reader.
  for (int i = 0; i < 3; ++i) write(*writer, 100);
  CHECK(writer->try_claim(100).status == ClaimStatus::would_block);
  CHECK_EQ(writer->stats().reaped, 1u);
  CHECK_EQ(writer->stats().readers, 0u);
  CHECK_EQ(writer->stats().unread, 8u);
  auto next = RingReader::attach(name, {});
  for (std::uint64_t i = 3; i < 11; ++i) CHECK_EQ(read(*next), i);
  next->close();
  writer->close();
  check_gone(name);
}

TEST_CASE("a killed reader's place can be taken before the writer has looked") {
  const std::string name = unique_name();
  const Shared<Steps> steps;
  WriterOptions options = ring_of(64 * kPage, 8);
  options.arena.max_readers = 1;
  auto writer = RingWriter::create(name, options);
  for (int i = 0; i < 4; ++i) write(*writer, 40'000);
  Child reader = reader_process(name, 4, 3, *steps);
  REQUIRE(steps->wait_for(1));
  reader.kill(SIGKILL);
  CHECK(reader.ended_by(SIGKILL));
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
  const Shared<Steps> steps;
  WriterOptions options = ring_of(16 * kPage, 8);
  options.arena.max_readers = 1;
  auto writer = RingWriter::create(name, options);
  for (int i = 0; i < 8; ++i) write(*writer, 100);
  Child reader = reader_process(name, 3, 0, *steps);
  REQUIRE(steps->wait_for(1));
  reader.kill(SIGKILL);
  CHECK(reader.ended_by(SIGKILL));
  CHECK(code_of([&] { RingReader::attach(name, from(100)); }) == Errc::invalid_argument);
  // What the dead one had read may go; the rest waits for the next reader.
  for (int i = 0; i < 3; ++i) CHECK(try_write(*writer, 100) == ClaimStatus::claimed);
  CHECK(try_write(*writer, 100) == ClaimStatus::would_block);
  auto next = RingReader::attach(name, {});
  for (std::uint64_t i = 3; i < 11; ++i) CHECK_EQ(read(*next), i);
  next->close();
  writer->close();
  check_gone(name);
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
  CHECK(writer->claim(100, Deadline::after_ms(250)).status == ClaimStatus::would_block);
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
  BatchView batch;
  CHECK(reader->wait_peek(batch, Deadline::after_ms(250)) == PeekStatus::empty);
  writer.kill(SIGKILL);
  CHECK(code_of([&] { read(*reader); }) == Errc::writer_died);
}

TEST_CASE("handles from before a fork are errors in the child, and its end changes nothing for the parent") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage));
  auto reader = RingReader::attach(name, {});
  write(*writer, 40'000);
  write(*writer, 40'000);
  Lease* lease = take(*reader);
  REQUIRE(eventually(other_threads_sleep));
  Child child([&] {
    BatchView batch;
    CHECK(code_of([&] { static_cast<void>(writer->try_claim(1)); }) == Errc::forked);
    CHECK(code_of([&] { static_cast<void>(writer->stats()); }) == Errc::forked);
    CHECK(code_of([&] { writer->end(); }) == Errc::forked);
    CHECK(code_of([&] { writer->abort("no"); }) == Errc::forked);
    CHECK(code_of([&] { static_cast<void>(writer->arm_space(WakeBy::semaphore, 0)); }) == Errc::forked);
    CHECK(code_of([&] { static_cast<void>(writer->wait_drained(false, soon())); }) == Errc::forked);
    CHECK(code_of([&] { static_cast<void>(reader->peek(batch)); }) == Errc::forked);
    CHECK(code_of([&] { static_cast<void>(reader->arm(WakeBy::semaphore, 0)); }) == Errc::forked);
    CHECK(code_of([&] { static_cast<void>(reader->lag()); }) == Errc::forked);
    CHECK(code_of([&] { static_cast<void>(reader->stats()); }) == Errc::forked);
    LeaseTable::release(keep_for_ever(lease));
    reader->disarm();
    writer->disarm();
    reader->close();
    writer->close();
    writer->abandon();
    // Numbers of descriptors that the parent's handles had are the child's to use: nothing is written there.
    int ends[12][2];
    for (auto& end : ends) REQUIRE(pipe2(end, O_NONBLOCK) == 0);
    reader.reset();
    writer.reset();
    for (auto& end : ends) {
      char byte;
      CHECK(::read(end[0], &byte, 1) == -1 && errno == EAGAIN);
    }
    // A child that makes its own handles can use them, leases and all.
    RingReader* own = keep_for_ever(RingReader::attach(name, {}).release());
    Lease* own_lease = take(*own);
    LeaseTable::release(own_lease);
    own->close();
    std::exit(qads::testing::failures() == 0 ? 0 : 1);
  });
  CHECK(child.succeeded());
  check_lease(lease);
  CHECK_EQ(inspect_arena(name).readers.size(), 1u);
  CHECK_EQ(read(*reader), 1u);
  for (std::uint64_t i = 2; i < 20; ++i) {
    write(*writer, 40'000);
    CHECK_EQ(read(*reader), i);
  }
  check_lease(lease);
  LeaseTable::release(lease);
  reader->close();
  writer->close();
  check_gone(name);
}

TEST_CASE("a forked child does not keep its dead parent alive") {
  for (const bool through_exec : {false, true}) {
    const std::string name = unique_name();
    const Shared<Steps> steps;
    const Shared<std::atomic<pid_t>> grandchild;
    Child parent([&] {
      auto writer = RingWriter::create(name, ring_of(kPage));
      pid_t pid = -1;
      if (through_exec) {
        std::string program = "sleep", seconds = "1000";
        char* arguments[] = {program.data(), seconds.data(), nullptr};
        REQUIRE(posix_spawnp(&pid, "sleep", nullptr, nullptr, arguments, environ) == 0);
      } else {
        pid = fork();
        if (pid == 0) {
          for (;;) pause();
        }
      }
      grandchild->store(pid);
      steps->reach(1);
      for (;;) pause();
    });
    REQUIRE(steps->wait_for(1));
    auto reader = RingReader::attach(name, {});
    CHECK(peek_status(*reader) == PeekStatus::empty);
    parent.kill(SIGKILL);
    CHECK(parent.ended_by(SIGKILL));
    CHECK_EQ(::kill(grandchild->load(), 0), 0);
    CHECK(code_of([&] { read(*reader); }) == Errc::writer_died);
    auto next = RingWriter::create(name, ring_of(kPage));
    ::kill(grandchild->load(), SIGKILL);
  }
}

TEST_CASE("a process that exits without closing gives its names and places back") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage));
  for (int i = 0; i < 3; ++i) write(*writer, 40'000);
  Child reader([&] {
    RingReader* reader_left = keep_for_ever(RingReader::attach(name, {}).release());
    for (int i = 0; i < 3; ++i) keep_for_ever(take(*reader_left));
    std::exit(qads::testing::failures() == 0 ? 0 : 1);
  });
  CHECK(reader.succeeded());
  for (int i = 0; i < 12; ++i) {
    if (writer->claim(40'000, Deadline::after_ms(0)).status == ClaimStatus::would_block) break;
    writer->abort_claim();
  }
  const std::string other = unique_name();
  Child other_writer([&] {
    RingWriter* writer_left = keep_for_ever(RingWriter::create(other, ring_of(kPage)).release());
    write(*writer_left, 10);
    std::exit(0);
  });
  CHECK(other_writer.succeeded());
  CHECK_EQ(left_in_shared_memory(other), isolated ? "qads-arena." + name : "");
  writer->close();
  check_gone(name);
}

TEST_CASE("whoever closes last, a reader with batches held or the writer, leaves nothing behind") {
  for (const bool writer_first : {true, false}) {
    for (const bool exits : {true, false}) {
      const std::string name = unique_name();
      const Shared<Steps> steps;
      auto writer = RingWriter::create(name, ring_of(64 * kPage));
      for (int i = 0; i < 5; ++i) write(*writer, 40'000);
      Child reader([&] {
        RingReader* holder = keep_for_ever(RingReader::attach(name, {}).release());
        std::vector<Lease*> leases;
        for (int i = 0; i < 4; ++i) leases.push_back(keep_for_ever(take(*holder)));
        const std::shared_ptr<LeaseTable> table = leases.front()->table;
        if (!writer_first) holder->close();
        steps->reach(1);
        CHECK(steps->wait_for(2));
        holder->close();
        for (const Lease* lease : leases) check_lease(lease);
        if (exits) std::exit(qads::testing::failures() == 0 ? 0 : 1);
        for (Lease* lease : leases) LeaseTable::release(lease);
        // This child ends without its exit handlers: as if it were killed, if the evacuator is not done yet.
        CHECK(table->wait_left(soon()));
      });
      REQUIRE(steps->wait_for(1));
      writer->close();
      steps->reach(2);
      CHECK(reader.succeeded());
      check_gone(name);
    }
  }
}

TEST_CASE("a process that exits while its held batches are being moved leaves nothing behind") {
  for (int round = 0; round < (qads::testing::quick() ? 10 : 40); ++round) {
    const std::string name = unique_name();
    const Shared<Steps> steps;
    auto writer = RingWriter::create(name, ring_of(1024 * kPage, 64));
    for (int i = 0; i < 20; ++i) write(*writer, 200'000);
    Child reader([&] {
      RingReader* holder = keep_for_ever(RingReader::attach(name, {}).release());
      for (int i = 0; i < 20; ++i) keep_for_ever(take(*holder));
      holder->close();
      steps->reach(1);
      std::exit(0);
    });
    REQUIRE(steps->wait_for(1));
    writer->close();
    CHECK(reader.succeeded());
    check_gone(name);
  }
}

TEST_CASE("a killed process' doorbells go with the arena") {
  const std::string name = unique_name();
  const Shared<Steps> steps;
  auto writer = RingWriter::create(name, ring_of(64 * kPage));
  write(*writer, 40'000);
  Child reader([&] {
    Bell bell;
    auto waiter = RingReader::attach(name, {});
    static_cast<void>(take(*waiter));
    CHECK(waiter->arm(WakeBy::bell, bell.id()));
    const Bell unknown;
    steps->reach(1);
    for (;;) pause();
  });
  REQUIRE(steps->wait_for(1));
  reader.kill(SIGKILL);
  CHECK(reader.ended_by(SIGKILL));
  write(*writer, 10);
  writer->close();
  check_gone(name);
}

TEST_CASE("a doorbell wakes a reader and a writer of other processes") {
  const std::string name = unique_name();
  const Shared<Steps> steps;
  Bell bell;
  auto writer = RingWriter::create(name, ring_of(kPage, 2));
  Child reader([&] {
    Bell own;
    auto waiter = RingReader::attach(name, {});
    std::uint64_t next = 0;
    BatchView batch;
    for (;;) {
      PeekStatus status;
      while ((status = waiter->peek(batch)) == PeekStatus::ready) {
        CHECK_EQ(batch.sequence, next++);
        waiter->advance();
      }
      if (status == PeekStatus::ended) break;
      if (!waiter->arm(WakeBy::bell, own.id())) continue;
      CHECK(own.wait(monotonic_ns() + 60'000'000'000));
      own.drain();
    }
    CHECK_EQ(next, 500u);
  });
  for (int i = 0; i < 500; ++i) {
    while (try_write(*writer, 10) == ClaimStatus::would_block) {
      if (!writer->arm_space(WakeBy::bell, bell.id())) continue;
      CHECK(bell.wait(monotonic_ns() + 60'000'000'000));
      bell.drain();
    }
  }
  writer->end();
  CHECK(reader.succeeded());
}
