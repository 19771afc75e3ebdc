// Held batches that are moved out of the writer's way: the same bytes at the same addresses, whatever
// happens.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/segment/info.hpp"
#include "processes.hpp"
#include "random.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kLarge = 10 * kPage;

[[maybe_unused]] const bool isolated = own_shared_memory();

int rounds(int full) { return qads::testing::quick() ? full / 5 : full; }

void release_all(std::vector<Lease*>& leases) {
  for (Lease* lease : leases) {
    check_lease(lease);
    LeaseTable::release(lease);
  }
  leases.clear();
}

}  // namespace

TEST_CASE("a reader that keeps everything keeps right bytes, and the writer never waits for it to let go") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage, 16));
  auto reader = RingReader::attach(name, {});
  std::vector<Lease*> leases;
  const int batches = rounds(1500);
  for (int i = 0; i < batches; ++i) {
    // Lengths at which some ranges touch, some leave gaps, and some wrap around the ring's end.
    write(*writer, kLeaseThreshold + static_cast<std::uint64_t>(i * 1237 % 60'000));
    leases.push_back(take(*reader));
  }
  const ReaderStats stats = reader->stats();
  CHECK(stats.evacuations + 16 >= static_cast<std::uint64_t>(batches));
  CHECK_EQ(stats.bytes_copied, 0u);
  CHECK_EQ(stats.leases, static_cast<std::uint64_t>(batches));
  release_all(leases);
  CHECK_EQ(reader->stats().private_bytes, 0u);
  CHECK_EQ(reader->stats().leases, 0u);
  // The ring is whole again.
  for (int i = 0; i < 40; ++i) {
    write(*writer, 60 * kPage);
    read(*reader);
  }
  reader->close();
  writer->close();
  CHECK_EQ(left_in_shared_memory(name), "");
}

TEST_CASE("batches smaller than the threshold are copied, and counted") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage));
  auto reader = RingReader::attach(name, {});
  std::vector<Lease*> leases;
  for (int i = 0; i < 100; ++i) {
    write(*writer, kLeaseThreshold - 1);
    leases.push_back(take(*reader));
  }
  CHECK_EQ(reader->stats().bytes_copied, 100u * (kLeaseThreshold - 1));
  CHECK_EQ(reader->stats().evacuations, 0u);
  release_all(leases);
}

TEST_CASE("readers of many processes hold everything at once") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage, 16));
  const std::uint64_t batches = static_cast<std::uint64_t>(rounds(500));
  std::vector<Child> readers;
  for (int r = 0; r < 4; ++r) {
    readers.emplace_back([&] {
      auto reader = RingReader::attach(name, {});
      std::vector<Lease*> leases;
      for (std::uint64_t i = 0; i < batches; ++i) leases.push_back(take(*reader));
      BatchView batch;
      CHECK(reader->wait_peek(batch, soon()) == PeekStatus::ended);
      CHECK_EQ(leases.back()->sequence, batches - 1);
      release_all(leases);
    });
  }
  CHECK(eventually([&] { return writer->stats().readers == 4; }));
  for (std::uint64_t i = 0; i < batches; ++i) write(*writer, kLarge + i * 4000 % 50'000);
  writer->end();
  for (Child& reader : readers) CHECK(reader.succeeded());
}

TEST_CASE("threads that read a batch while it is moved see no torn byte") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage, 16));
  auto reader = RingReader::attach(name, {});
  for (int round = 0; round < rounds(100); ++round) {
    std::vector<Lease*> leases;
    for (int i = 0; i < 5; ++i) {
      write(*writer, kLarge);
      leases.push_back(take(*reader));
    }
    const std::uint64_t before = reader->stats().evacuations;
    std::atomic<bool> moved{false};
    std::vector<std::thread> lookers;
    for (int t = 0; t < 2; ++t) {
      lookers.emplace_back([&] {
        bool last = false;
        for (bool right = true; right && !last;) {
          last = moved.load();
          for (const Lease* lease : leases)
            right = right && is_filled(lease->data, lease->length, lease->sequence);
          CHECK(right);
        }
      });
    }
    write(*writer, 60 * kPage);
    moved = true;
    for (std::thread& looker : lookers) looker.join();
    CHECK_EQ(reader->stats().evacuations, before + 5);
    read(*reader);
    release_all(leases);
  }
}

TEST_CASE("leases are released by many threads, in any order, moved or not, or while they are being moved") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage, 16));
  auto reader = RingReader::attach(name, {});
  Random random(11);
  std::vector<Lease*> leases;
  for (int i = 0; i < rounds(1000); ++i) {
    write(*writer, kLeaseThreshold + random.below(10) * kPage);
    leases.push_back(take(*reader));
    if (random.chance(20)) {
      std::vector<Lease*> some[2];
      for (auto& part : some) {
        for (std::uint64_t count = random.below(6); count > 0 && !leases.empty(); --count) {
          const auto at = leases.begin() + static_cast<std::ptrdiff_t>(random.below(leases.size()));
          part.push_back(*at);
          leases.erase(at);
        }
      }
      std::thread other([&] { release_all(some[0]); });
      release_all(some[1]);
      other.join();
    }
  }
  release_all(leases);
  CHECK(eventually([&] { return reader->stats().leases == 0; }));
  CHECK_EQ(reader->stats().private_bytes, 0u);
  CHECK_EQ(inspect_arena(name).readers.at(0).pin, kNoPin);
}

TEST_CASE("a process whose threads are all busy or asleep still moves what it holds") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage));
  auto other = RingReader::attach(name, {});
  const Shared<std::atomic<bool>> holding;
  for (int i = 0; i < 5; ++i) write(*writer, kLarge);
  Child holder([&] {
    auto reader = RingReader::attach(name, {});
    for (int i = 0; i < 5; ++i) static_cast<void>(take(*reader));
    holding->store(true);
    // Reads on, keeping nothing more, only when all has been written: until then it just holds.
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    int signal = 0;
    sigwait(&wanted, &signal);
  });
  CHECK(eventually([&] { return holding->load(); }));
  for (int i = 0; i < 5; ++i) read(*other);
  write(*writer, 60 * kPage);
  CHECK_EQ(inspect_arena(name).readers.size(), 2u);
  CHECK_EQ(inspect_arena(name).readers[1].evacuations, 5u);
}

TEST_CASE("a reader that closes with batches held leaves its place when they are moved") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage));
  auto reader = RingReader::attach(name, {});
  for (int i = 0; i < 5; ++i) write(*writer, kLarge);
  std::vector<Lease*> leases;
  for (int i = 0; i < 4; ++i) leases.push_back(take(*reader));
  reader->close();
  CHECK(eventually([&] { return inspect_arena(name).readers.empty(); }));
  reader.reset();
  for (int i = 0; i < 4; ++i) write(*writer, kLarge);
  std::memset(writer->ring(), 0xEE, 64 * kPage);
  writer->close();
  for (const Lease* lease : leases) check_lease(lease);
  // The name can be another arena's meanwhile.
  auto next = RingWriter::create(name, ring_of(kPage));
  next->close();
  release_all(leases);
  CHECK_EQ(left_in_shared_memory(name), "");
}

TEST_CASE("batches held stay right when the writer ends first, and the reader closes after") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage));
  auto reader = RingReader::attach(name, {});
  std::vector<Lease*> leases;
  for (int i = 0; i < 12; ++i) {
    write(*writer, kLarge);
    leases.push_back(take(*reader));
  }
  writer->close();
  for (const Lease* lease : leases) check_lease(lease);
  reader->close();
  reader.reset();
  CHECK_EQ(left_in_shared_memory(name), "");
  auto next = RingWriter::create(name, ring_of(64 * kPage));
  write(*next, 60 * kPage);
  release_all(leases);
}

TEST_CASE("readers that come and go with batches held start and stop the evacuator without harm") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage, 16));
  std::vector<Lease*> leases;
  for (int i = 0; i < rounds(400); ++i) {
    auto reader = RingReader::attach(name, from(kFromLatest));
    for (int k = 0; k < 4; ++k) {
      write(*writer, kLarge);
      leases.push_back(take(*reader));
    }
    if (i % 3 == 0) release_all(leases);
    reader->close();
    reader.reset();
    if (i % 2 == 0) release_all(leases);
  }
  release_all(leases);
  writer->close();
  CHECK(eventually([&] { return left_in_shared_memory(name).empty(); }));
}

TEST_CASE("two arenas in one process have one evacuator") {
  const std::string names[2] = {unique_name(), unique_name()};
  std::unique_ptr<RingWriter> writers[2];
  std::unique_ptr<RingReader> readers[2];
  std::vector<Lease*> leases;
  for (int a = 0; a < 2; ++a) {
    writers[a] = RingWriter::create(names[a], ring_of(64 * kPage));
    readers[a] = RingReader::attach(names[a], {});
  }
  for (int i = 0; i < 50; ++i) {
    for (int a = 0; a < 2; ++a) {
      write(*writers[a], kLarge);
      leases.push_back(take(*readers[a]));
    }
  }
  CHECK_EQ(list_bell_paths().size(), isolated ? 1u : list_bell_paths().size());
  release_all(leases);
  for (int a = 0; a < 2; ++a) {
    readers[a]->close();
    writers[a]->close();
  }
  CHECK_EQ(left_in_shared_memory(names[0]), "");
}
