// Doorbells between processes.
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>

#include "core/wake/bell.hpp"
#include "process_roles.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

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

TEST_CASE("who rings a doorbell whose owner has gone is not ended by it") {
  Child ringer([] {
    CHECK(std::signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    BellRinger bells;
    auto bell = std::make_unique<Bell>();
    const std::uint64_t id = bell->id();
    CHECK(bells.ring(id));
    bell.reset();
    CHECK(!bells.ring(id));
  });
  CHECK(ringer.succeeded());
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
