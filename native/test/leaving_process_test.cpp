// Processes that end by themselves, with or without a close: nothing is left behind.
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "process_roles.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

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
