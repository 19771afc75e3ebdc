// Doorbells of users who share an arena.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/wake/bell.hpp"
#include "ring_support.hpp"
#include "users.hpp"

using namespace qads;
using namespace qads::test;

namespace {

constexpr gid_t kShared = 20'100, kOther = 20'200;
const User kAnn{20'001, kShared, {}};
const User kBob{20'002, 20'002, {kShared}};
const User kCleo{20'003, kOther, {}};
const User kAnnElsewhere{20'001, 20'001, {}};

struct Meeting : Steps {
  std::atomic<std::uint64_t> writers_bell{0}, readers_bell{0};
};

WriterOptions shared_ring(std::uint32_t mode) {
  WriterOptions options = ring_of(64 * kPage, 4);
  options.arena.mode = mode;
  return options;
}

bool rings(std::uint64_t bell_id) { return BellRinger().ring(bell_id); }

/// A writer that waits for space and a reader that waits for a batch, each by its bell; each must be able to
/// ring the other.
void ring_each_other(std::uint32_t mode, const User& writer_user, const User& reader_user) {
  const std::string name = unique_name();
  const Shared<Meeting> meeting;
  Child writing = process_of(writer_user, [&] {
    const Bell bell;
    auto writer = RingWriter::create(name, shared_ring(mode));
    write_until_blocked(*writer, 10);
    CHECK(writer->arm_space(WakeBy::bell, bell.id()));
    meeting->writers_bell.store(bell.id());
    meeting->reach(1);
    CHECK(meeting->wait_for(2));
    CHECK(rings(meeting->readers_bell.load()));
    meeting->reach(3);
  });
  REQUIRE(meeting->wait_for(1));
  Child reading = process_of(reader_user, [&] {
    const Bell bell;
    auto reader = RingReader::attach(name, {});
    CHECK(rings(meeting->writers_bell.load()));
    for (int i = 0; i < 4; ++i) read(*reader);
    CHECK(reader->arm(WakeBy::bell, bell.id()));
    meeting->readers_bell.store(bell.id());
    meeting->reach(2);
    CHECK(meeting->wait_for(3));
    CHECK(bell.wait(monotonic_ns() + 60'000'000'000));
  });
  CHECK(reading.succeeded());
  CHECK(writing.succeeded());
}

}  // namespace

TEST_CASE("a bell is its owner's alone as long as no arena is shared") {
  if (!can_be_others()) return;
  const std::string name = unique_name();
  const Shared<Meeting> meeting;
  Child owner = process_of(kAnn, [&] {
    const Bell bell;
    auto writer = RingWriter::create(name, ring_of(kPage));
    auto reader = RingReader::attach(name, {});
    CHECK(reader->arm(WakeBy::bell, bell.id()));
    meeting->readers_bell.store(bell.id());
    meeting->reach(1);
    CHECK(meeting->wait_for(2));
  });
  REQUIRE(meeting->wait_for(1));
  Child stranger = process_of(kBob, [&] { CHECK(!rings(meeting->readers_bell.load())); });
  CHECK(stranger.succeeded());
  meeting->reach(2);
  CHECK(owner.succeeded());
}

TEST_CASE("users who share an arena ring each other's bells, by a group of either kind or as anybody") {
  if (!can_be_others()) return;
  ring_each_other(0660, kAnn, kBob);
  ring_each_other(0666, kAnn, kCleo);
}

TEST_CASE("the owner of an arena rings its readers, also when it is in the arena's group no more") {
  if (!can_be_others()) return;
  const std::string name = unique_name();
  const Shared<Meeting> meeting;
  Child writing = process_of(kAnn, [&] {
    auto writer = RingWriter::create(name, shared_ring(0660));
    meeting->reach(1);
    CHECK(meeting->wait_for(3));
  });
  REQUIRE(meeting->wait_for(1));
  Child reading = process_of(kBob, [&] {
    const Bell bell;
    auto reader = RingReader::attach(name, {});
    CHECK(reader->arm(WakeBy::bell, bell.id()));
    meeting->readers_bell.store(bell.id());
    meeting->reach(2);
    CHECK(meeting->wait_for(3));
  });
  REQUIRE(meeting->wait_for(2));
  Child owner = process_of(kAnnElsewhere, [&] { CHECK(rings(meeting->readers_bell.load())); });
  CHECK(owner.succeeded());
  meeting->reach(3);
  CHECK(reading.succeeded());
  CHECK(writing.succeeded());
}

TEST_CASE("one bell serves arenas of two groups, and nobody else") {
  if (!can_be_others()) return;
  const std::string names[] = {unique_name(), unique_name()};
  const Shared<Meeting> meeting;
  const User users[] = {kAnn, kCleo};
  std::vector<Child> writers;
  for (int i = 0; i < 2; ++i) {
    writers.push_back(process_of(users[i], [&, i] {
      auto writer = RingWriter::create(names[i], shared_ring(0660));
      meeting->reach(i + 1);
      CHECK(meeting->wait_for(3));
      CHECK(rings(meeting->readers_bell.load()));
      CHECK(meeting->wait_for(4));
    }));
    REQUIRE(meeting->wait_for(i + 1));
  }
  Child both = process_of({20'004, kShared, {kOther}}, [&] {
    const Bell bell;
    std::vector<std::unique_ptr<RingReader>> readers;
    for (const std::string& name : names) {
      readers.push_back(RingReader::attach(name, {}));
      CHECK(readers.back()->arm(WakeBy::bell, bell.id()));
    }
    meeting->readers_bell.store(bell.id());
    meeting->reach(3);
    CHECK(meeting->wait_for(4));
  });
  REQUIRE(meeting->wait_for(3));
  Child stranger = process_of({20'005, 20'005, {}}, [&] { CHECK(!rings(meeting->readers_bell.load())); });
  CHECK(stranger.succeeded());
  meeting->reach(4);
  for (Child& writer : writers) CHECK(writer.succeeded());
  CHECK(both.succeeded());
}

TEST_CASE("what another user holds is moved out of the writer's way") {
  if (!can_be_others()) return;
  const std::string name = unique_name();
  const Shared<Steps> steps;
  Child writing = process_of(kAnn, [&] {
    auto writer = RingWriter::create(name, shared_ring(0660));
    steps->reach(1);
    for (int i = 0; i < 50; ++i) write(*writer, 10 * kPage);
    writer->end();
    CHECK(steps->wait_for(2));
  });
  REQUIRE(steps->wait_for(1));
  Child reading = process_of(kBob, [&] {
    auto reader = RingReader::attach(name, {});
    std::vector<Lease*> leases;
    for (int i = 0; i < 50; ++i) leases.push_back(take(*reader));
    CHECK(reader->stats().evacuations >= 40);
    for (Lease* lease : leases) {
      check_lease(lease);
      LeaseTable::release(lease);
    }
    steps->reach(2);
  });
  CHECK(reading.succeeded());
  CHECK(writing.succeeded());
}
