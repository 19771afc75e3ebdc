// Random delays at every step of the protocol, so that threads and processes meet in orders that hardware
// seldom shows. Under ThreadSanitizer the threads share one mapping of the control pages (one_mapping.cpp),
// and each slot has a shadow word without any synchronisation of its own: a missing acquire or release is
// reported as a race there.
#include <sched.h>
#include <time.h>

#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "processes.hpp"
#include "random.hpp"
#include "ring_support.hpp"
#include "sync_hooks.hpp"

using namespace qads;
using namespace qads::test;

namespace {

[[maybe_unused]] const bool isolated = own_shared_memory();

constexpr std::uint32_t kSlots = 8;
constexpr std::uint64_t kRing = 64 * 4096;

struct Counts {
  std::atomic<std::uint64_t> delays{0}, written{0}, read{0}, lost{0}, joins{0}, evacuations{0};
};

std::atomic<std::uint64_t> threads_seen{0};

void delay(Random& random, Counts& counts) {
  const std::uint64_t kind = random.below(100);
  if (kind < 60) return;
  counts.delays.fetch_add(1, std::memory_order_relaxed);
  if (kind < 80) {
    sched_yield();
  } else if (kind < 92) {
    for (volatile std::uint64_t i = random.below(2000); i > 0; i = i - 1) {
    }
  } else {
    const timespec nap{0, static_cast<long>(random.below(kind < 99 ? 50'000 : 500'000))};
    nanosleep(&nap, nullptr);
  }
}

/// Delays all threads, each in its own order, for as long as the object lives.
class Delays {
 public:
  Delays(std::uint64_t seed, Counts& counts) {
    set_sync_hook([seed, &counts](SyncPoint) {
      thread_local std::uint64_t drawn_from = 0;
      thread_local Random random(0);
      if (drawn_from != seed) {
        drawn_from = seed;
        // The thread's number orders nothing: ThreadSanitizer must not take it for synchronisation.
        random = Random(seed ^ (threads_seen.fetch_add(1, std::memory_order_relaxed) << 32));
      }
      delay(random, counts);
    });
  }
  ~Delays() { set_sync_hook({}); }
};

/// One arena, its writer, and the shadow of its slots, which nothing but the ring protects.
struct Race {
  std::string name = unique_name();
  OnFull on_full;
  std::uint64_t seed;
  std::uint64_t batches;
  Counts& counts;
  std::uint64_t shadow[kSlots] = {};
  bool in_threads;
  std::atomic<bool> over{false};

  bool drops() const { return on_full == OnFull::drop_oldest; }
  bool may_refuse() const { return on_full == OnFull::drop_newest || on_full == OnFull::error; }
};

std::uint64_t size_of(std::uint64_t seed, std::uint64_t sequence) {
  Random random(seed ^ (sequence << 20));
  return random.chance(50) ? random.between(8, 4000) : random.between(kLeaseThreshold, 60'000);
}

/// An arena that is full says so in one of two ways.
Claim claim_space(RingWriter& writer, std::uint64_t length) {
  try {
    return writer.claim(length, soon());
  } catch (const Error& error) {
    CHECK(error.code() == Errc::full);
    return {ClaimStatus::dropped, nullptr, 0, 0};
  }
}

void write_all(Race& race, RingWriter& writer) {
  for (std::uint64_t sequence = 0; sequence < race.batches;) {
    const std::uint64_t length = size_of(race.seed, sequence);
    const Claim claim = claim_space(writer, length);
    if (claim.status == ClaimStatus::dropped) {
      CHECK(race.may_refuse());
      sched_yield();
      continue;
    }
    REQUIRE(claim.status == ClaimStatus::claimed);
    fill(claim.data, length, sequence);
    race.shadow[sequence % kSlots] = sequence;
    CHECK_EQ(writer.commit(length, sequence, 7), sequence);
    ++sequence;
  }
  race.counts.written += race.batches;
  writer.end();
}

class RacingReader {
 public:
  RacingReader(Race& race, std::int64_t from)
      : race_(race),
        reader_(RingReader::attach(race.name, ::qads::test::from(from))),
        expected_(reader_->stats().cursor) {
    ++race_.counts.joins;
  }

  /// False at the end.
  bool read(bool hold) {
    BatchView batch;
    const PeekStatus status = reader_->wait_peek(batch, soon());
    if (batch.lost_count > 0) {
      CHECK(race_.drops());
      CHECK_EQ(batch.lost_first, expected_);
      expected_ += batch.lost_count;
      race_.counts.lost += batch.lost_count;
    }
    if (status == PeekStatus::ended) {
      CHECK_EQ(expected_, race_.batches);
      return false;
    }
    REQUIRE(status == PeekStatus::ready);
    CHECK_EQ(batch.sequence, expected_);
    CHECK_EQ(batch.rows, batch.sequence);
    CHECK_EQ(batch.length, size_of(race_.seed, batch.sequence));
    CHECK(is_filled(batch.data, batch.length, batch.sequence));
    if (race_.in_threads) CHECK_EQ(race_.shadow[batch.sequence % kSlots], batch.sequence);
    expected_ = batch.sequence + 1;
    if (hold) {
      leases_.push_back(reader_->take());
    } else {
      reader_->advance();
    }
    ++race_.counts.read;
    return true;
  }

  void release_some(Random& random) {
    std::vector<Lease*> others;
    for (std::uint64_t count = random.below(leases_.size() + 1); count > 0; --count) {
      const auto at = leases_.begin() + static_cast<std::ptrdiff_t>(random.below(leases_.size()));
      check_lease(*at);
      (random.chance(50) ? others : mine_).push_back(*at);
      leases_.erase(at);
    }
    std::thread other([&] {
      for (Lease* lease : others) LeaseTable::release(lease);
    });
    for (Lease* lease : mine_) LeaseTable::release(lease);
    mine_.clear();
    other.join();
  }

  ~RacingReader() {
    race_.counts.evacuations += reader_->stats().evacuations;
    reader_->close();
    for (Lease* lease : leases_) {
      check_lease(lease);
      LeaseTable::release(lease);
    }
  }

 private:
  Race& race_;
  std::unique_ptr<RingReader> reader_;
  std::uint64_t expected_;
  std::vector<Lease*> leases_, mine_;
};

void read_steadily(Race& race, std::atomic<int>& started) {
  RacingReader reader(race, kFromEarliest);
  started.fetch_add(1);
  while (reader.read(false)) {
  }
}

void hold_and_release(Race& race, std::atomic<int>& started) {
  Random random(race.seed + 1);
  RacingReader reader(race, kFromEarliest);
  started.fetch_add(1);
  while (reader.read(random.chance(60))) {
    if (random.chance(5)) reader.release_some(random);
  }
}

void come_and_go(Race& race) {
  Random random(race.seed + 2);
  while (!race.over.load(std::memory_order_relaxed)) {
    const Errc error = code_of([&] {
      RacingReader reader(race, random.chance(50) ? kFromEarliest : kFromLatest);
      for (std::uint64_t left = random.below(40); left > 0 && reader.read(random.chance(20)); --left) {
      }
    });
    CHECK(error == Errc::ok || error == Errc::not_found);
  }
}

WriterOptions options_of(const Race& race) {
  WriterOptions options = ring_of(kRing, kSlots, race.on_full);
  options.arena.max_readers = 4;
  return options;
}

void race_threads(Race& race) {
  auto writer = RingWriter::create(race.name, options_of(race));
  std::atomic<int> started{0};
  std::vector<std::thread> threads;
  threads.emplace_back([&] { read_steadily(race, started); });
  threads.emplace_back([&] { hold_and_release(race, started); });
  while (started.load() < 2) sched_yield();
  threads.emplace_back([&] { come_and_go(race); });
  write_all(race, *writer);
  threads[0].join();
  threads[1].join();
  race.over = true;
  threads[2].join();
  writer->close();
}

void race_processes(Race& race, std::uint64_t seed, Counts& counts) {
  const Shared<std::atomic<int>> started;
  std::vector<Child> readers;
  auto writer = RingWriter::create(race.name, options_of(race));
  readers.emplace_back([&] {
    const Delays delays(seed + 1, counts);
    read_steadily(race, *started);
  });
  readers.emplace_back([&] {
    const Delays delays(seed + 2, counts);
    hold_and_release(race, *started);
  });
  CHECK(eventually([&] { return started->load() == 2; }));
  const Delays delays(seed + 3, counts);
  write_all(race, *writer);
  for (Child& reader : readers) CHECK(reader.succeeded());
  writer->close();
}

int rounds() { return 1; }

constexpr OnFull kPolicies[] = {OnFull::block, OnFull::drop_oldest, OnFull::drop_newest, OnFull::error};

void race_all(bool in_threads, std::uint64_t batches) {
  const Shared<Counts> counts;
  const std::uint64_t first_seed = wall_ns();
  std::printf("      seed %" PRIu64 "\n", first_seed);
  std::fflush(stdout);
  for (int round = 0; round < rounds(); ++round) {
    for (const OnFull on_full : kPolicies) {
      const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(round) * 100;
      const std::unique_ptr<Race> race(
          new Race{unique_name(), on_full, seed, batches, *counts, {}, in_threads, {false}});
      if (in_threads) {
        const Delays delays(seed, *counts);
        race_threads(*race);
      } else {
        race_processes(*race, seed, *counts);
      }
      CHECK(eventually([&] { return left_in_shared_memory(race->name).empty(); }));
    }
  }
  std::printf("      %" PRIu64 " delays, %" PRIu64 " batches written, %" PRIu64 " read, %" PRIu64
              " lost and told, %" PRIu64 " joins, %" PRIu64 " evacuations\n",
              counts->delays.load(), counts->written.load(), counts->read.load(), counts->lost.load(),
              counts->joins.load(), counts->evacuations.load());
}

}  // namespace

TEST_CASE("threads that are delayed at random steps see right bytes, and lose nothing untold") {
  race_all(true, 500);
}

TEST_CASE("processes that are delayed at random steps see right bytes, and lose nothing untold") {
  race_all(false, 500);
}
