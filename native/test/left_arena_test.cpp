// Arenas that are left behind by one user and met by another.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "core/segment/info.hpp"
#include "ring_support.hpp"
#include "users.hpp"

using namespace qads;
using namespace qads::test;
using qads::testing::require_throws;

namespace {

constexpr gid_t kShared = 20'100;
const User kAnn{20'001, kShared, {}};
const User kBob{20'002, kShared, {}};

WriterOptions shared_ring(std::uint64_t pages = 64) {
  WriterOptions options = ring_of(pages * kPage);
  options.arena.mode = 0660;
  return options;
}

struct stat status_of(const std::string& name) {
  struct stat status{};
  REQUIRE(stat(arena_path(name).c_str(), &status) == 0);
  return status;
}

/// Memory that the file has, in bytes.
std::uint64_t memory_of(const std::string& name) {
  return static_cast<std::uint64_t>(status_of(name).st_blocks) * 512;
}

/// Ann writes three batches and closes; Bob is the last to leave, after `body` with his reader.
template <typename Body>
void leave_to_bob(const std::string& name, Body&& body) {
  const Shared<Steps> steps;
  Child writing = process_of(kAnn, [&] {
    auto writer = RingWriter::create(name, shared_ring());
    for (int i = 0; i < 3; ++i) write(*writer, 10 * kPage);
    steps->reach(1);
    CHECK(steps->wait_for(2));
    writer->close();
  });
  REQUIRE(steps->wait_for(1));
  Child reading = process_of(kBob, [&] {
    auto reader = RingReader::attach(name, {});
    steps->reach(2);
    CHECK(eventually([&] { return !inspect_arena(name).writer_alive; }));
    body(*reader);
  });
  CHECK(reading.succeeded());
  CHECK(writing.succeeded());
}

Error error_of(const User& user, const std::function<void()>& action) {
  const Shared<std::atomic<int>> code;
  Child child = process_of(
      user,
      [&] {
        const Error error = require_throws<Error>(action);
        code->store(static_cast<int>(error.code()));
        std::fputs(error.what(), stderr);
      },
      Child::Stderr::captured);
  const std::string text = child.stderr_text();
  CHECK(child.succeeded());
  return {static_cast<Errc>(code->load()), text};
}

}  // namespace

TEST_CASE("when another user is the last to leave, the memory goes and nobody finds the arena") {
  if (!can_be_others()) return;
  const std::string name = unique_name();
  leave_to_bob(name, [](RingReader& reader) { read(reader); });
  CHECK_EQ(memory_of(name), kControlBytes);
  CHECK(list_arena_names_with(name).empty());
  for (const User& user : {kAnn, kBob}) {
    CHECK(error_of(user, [&] { inspect_arena(name); }).code() == Errc::not_found);
    CHECK(error_of(user, [&] { RingReader::attach(name, {}); }).code() == Errc::not_found);
  }
  const Error refused = error_of(kBob, [&] { RingWriter::create(name, shared_ring()); });
  CHECK(refused.code() == Errc::permission);
  CHECK(contains(refused.what(), "user 20001"));
  Child owner = process_of(kAnn, [&] {
    auto writer = RingWriter::create(name, shared_ring());
    CHECK_EQ(inspect_arena(name).header.generation, 2u);
    auto reader = RingReader::attach(name, {});
    write(*writer, 10);
    CHECK_EQ(read(*reader), 0u);
  });
  CHECK(owner.succeeded());
  check_gone(name);
}

TEST_CASE("an arena that another user was the last to leave goes with the next that its owner closes") {
  if (!can_be_others()) return;
  const std::string name = unique_name();
  leave_to_bob(name, [](RingReader&) {});
  Child owner = process_of(kAnn, [] { RingWriter::create(unique_name(), ring_of(kPage)); });
  CHECK(owner.succeeded());
  check_gone(name);
}

TEST_CASE("batches that are still held keep the memory of an arena whose name cannot be removed") {
  if (!can_be_others()) return;
  const std::string name = unique_name();
  leave_to_bob(name, [&](RingReader& reader) {
    auto second = RingReader::attach(name, {});
    std::vector<Lease*> leases;
    for (int i = 0; i < 3; ++i) leases.push_back(take(reader));
    Lease* other = take(*second);
    const std::uint64_t whole = memory_of(name);
    reader.close();
    second->close();
    CHECK_EQ(memory_of(name), whole);
    for (Lease* lease : leases) {
      check_lease(lease);
      LeaseTable::release(lease);
    }
    check_lease(other);
    LeaseTable::release(other);
    second.reset();
  });
  CHECK_EQ(memory_of(name), kControlBytes);
  unlink(arena_path(name).c_str());
}

TEST_CASE("a name that a dead writer of another user left is refused at once, with whose it is") {
  if (!can_be_others()) return;
  const std::string name = unique_name();
  const Shared<Steps> steps;
  Child writing = process_of(kAnn, [&] {
    auto writer = RingWriter::create(name, shared_ring());
    write(*writer, 10);
    steps->reach(1);
    CHECK(steps->wait_for(2));
  });
  REQUIRE(steps->wait_for(1));
  writing.kill(SIGKILL);
  CHECK(writing.ended_by(SIGKILL));
  for (const auto& action : std::vector<std::function<void()>>{
           [&] { RingWriter::create(name, shared_ring()); }, [&] { unlink_arena(name); }}) {
    const Error refused = error_of(kBob, action);
    CHECK(refused.code() == Errc::permission);
    CHECK(contains(refused.what(), "user 20001"));
  }
  // What was committed is there for whoever may read it, as ever.
  Child reading = process_of(kBob, [&] { CHECK_EQ(read(*RingReader::attach(name, {})), 0u); });
  CHECK(reading.succeeded());
  CHECK(error_of(kBob, [&] { inspect_arena(name); }).code() == Errc::not_found);
  unlink(arena_path(name).c_str());
}

TEST_CASE("an arena that is not for this user says whose it is") {
  if (!can_be_others()) return;
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage));
  for (const auto& action : std::vector<std::function<void()>>{
           [&] { RingWriter::create(name, shared_ring()); }, [&] { RingReader::attach(name, {}); },
           [&] { inspect_arena(name); }}) {
    const Error refused = error_of(kBob, action);
    CHECK(refused.code() == Errc::permission);
    CHECK(contains(refused.what(), "is user 0's and group 0's, and its mode is 600"));
  }
}

TEST_CASE("a mode that gives a group or everybody one of reading and writing is refused, with why") {
  const std::string name = unique_name();
  for (const std::uint32_t mode : {0640u, 0620u, 0644u, 0604u, 0602u, 0664u, 0662u, 0646u}) {
    WriterOptions options = ring_of(kPage);
    options.arena.mode = mode;
    const Error error = require_throws<Error>([&] { RingWriter::create(name, options); });
    CHECK(error.code() == Errc::invalid_argument);
    CHECK(contains(error.what(), "0660"));
    CHECK(contains(error.what(), "locks"));
  }
  for (const std::uint32_t mode : {0600u, 0660u, 0666u, 0606u, 0700u, 0771u}) {
    WriterOptions options = ring_of(kPage);
    options.arena.mode = mode;
    auto writer = RingWriter::create(name, options);
    CHECK_EQ(status_of(name).st_mode & 0777, mode);
  }
}
