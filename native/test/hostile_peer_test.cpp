// Peers that write what no right one would: the others stay free to do their work, or to stop.
#include <atomic>
#include <csignal>
#include <string>

#include "core/ring/still_scan.hpp"
#include "core/segment/segment.hpp"
#include "process_roles.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

TEST_CASE("a scan that readers leave during is repeated, and not for ever") {
  Word32 departures{0};
  int scans = 0;
  CHECK(scan_while_still(departures, [&] {
    if (++scans < 3) departures.fetch_add(1);
  }));
  CHECK_EQ(scans, 3);
  // A peer that counts up at every scan, however often that is.
  CHECK(!scan_while_still(departures, [&] { departures.fetch_add(1); }));
}

TEST_CASE("while a peer says without end that readers leave, nothing unread is overwritten, and waits end") {
  const std::string name = unique_name();
  WriterOptions options = ring_of(4 * kPage);
  options.arena.max_readers = kMaxReaders;
  auto writer = RingWriter::create(name, options);
  write(*writer, 3 * kPage);
  const Shared<Steps> steps;
  Child peer([&] {
    const SharedSegment segment = SharedSegment::open(name);
    ReclaimLine& line = segment.control().reclaim;
    line.readers_in_use.store(kMaxReaders);
    // Long scans, in which it is certain to count. All of them have read everything.
    for (std::uint32_t i = 0; i < kMaxReaders; ++i) {
      segment.reader(i).cursor.store(1);
      segment.reader(i).state.store(static_cast<std::uint32_t>(ReaderState::leaving));
    }
    for (;;) {
      line.departures.fetch_add(1);
      steps->reach(1);
    }
  });
  REQUIRE(steps->wait_for(1));
  for (int i = 0; i < 100; ++i) CHECK(writer->try_claim(2 * kPage).status == ClaimStatus::would_block);
  CHECK(writer->claim(2 * kPage, Deadline::after_ms(1)).status == ClaimStatus::would_block);
  // With the peer gone, the writer goes on.
  peer.kill(SIGKILL);
  CHECK(peer.ended_by(SIGKILL));
  auto reader = RingReader::attach(name, {});
  CHECK_EQ(read(*reader), 0u);
  write(*writer, 2 * kPage);
}
