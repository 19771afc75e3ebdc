// Handles in a process that forks, and in its child.
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/lease/evacuator.hpp"
#include "core/segment/info.hpp"
#include "process_roles.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

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

TEST_CASE("a forked child reads its own copy of what its parent holds, also when the parent gives it back") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage));
  auto reader = RingReader::attach(name, {});
  for (int i = 0; i < 3; ++i) write(*writer, 40'000);
  std::vector<Lease*> leases;
  for (int i = 0; i < 3; ++i) leases.push_back(take(*reader));
  LeaseTable::release(leases[1]);
  leases.erase(leases.begin() + 1);
  REQUIRE(move_leases_out(soon()));
  REQUIRE(eventually(other_threads_sleep));
  const Shared<Steps> steps;
  Child child([&] {
    steps->reach(1);
    REQUIRE(steps->wait_for(2));
    for (Lease* lease : leases) check_lease(lease);
    for (Lease* lease : leases) LeaseTable::release(keep_for_ever(lease));
    for (Lease* lease : leases) check_lease(lease);
    std::exit(qads::testing::failures() == 0 ? 0 : 1);
  });
  REQUIRE(steps->wait_for(1));
  for (Lease* lease : leases) LeaseTable::release(lease);
  for (std::uint64_t i = 3; i < 40; ++i) {
    write(*writer, 40'000);
    CHECK_EQ(read(*reader), i);
  }
  steps->reach(2);
  CHECK(child.succeeded());
  reader->close();
  writer->close();
  check_gone(name);
}

TEST_CASE("a forked child reads what its parent holds of an arena that everybody left") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage));
  auto reader = RingReader::attach(name, {});
  write(*writer, 40'000);
  Lease* lease = take(*reader);
  writer->close();
  reader->close();
  REQUIRE(move_leases_out(soon()));
  Child child([&] {
    check_lease(lease);
    std::exit(qads::testing::failures() == 0 ? 0 : 1);
  });
  CHECK(child.succeeded());
  LeaseTable::release(lease);
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
