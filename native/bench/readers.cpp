// The cost of a write with 1, 8 and 32 readers in a process of their own: `readers BATCHES ROUNDS` prints the
// nanoseconds of a write for each round, {"r1":[…],"r8":[…],"r32":[…]}. The readers follow between the
// writes that are measured, so that the figure is the writer's own work and not the wait for processors.
#include <sched.h>

#include <atomic>
#include <memory>

#include "bench_support.hpp"
#include "core/base/clock.hpp"

namespace {

using namespace qads;
using namespace qads::bench;

constexpr std::uint64_t kBatchBytes = 100 * 6 * 8;
constexpr std::uint64_t kBurst = 256;
constexpr std::uint32_t kCounts[] = {1, 8, 32};

/// Bursts that the writer has made, and that all readers have read.
struct Turns {
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> read{0};
};

void await(const std::atomic<std::uint64_t>& turn, std::uint64_t value) {
  while (turn.load(std::memory_order_acquire) < value) sched_yield();
}

void read_all(const std::string& name, std::uint32_t count, Turns& turns, std::uint64_t bursts) {
  std::vector<std::unique_ptr<RingReader>> readers;
  for (std::uint32_t i = 0; i < count; ++i) readers.push_back(RingReader::attach(name, {}));
  turns.read.store(1, std::memory_order_release);
  for (std::uint64_t burst = 1; burst <= bursts; ++burst) {
    await(turns.written, burst);
    for (const auto& reader : readers) {
      BatchView batch;
      while (reader->peek(batch) == PeekStatus::ready) reader->advance();
    }
    turns.read.store(burst + 1, std::memory_order_release);
  }
}

class Group {
 public:
  Group(std::uint32_t count, std::uint64_t bursts)
      : turns_(shared<Turns>()),
        writer_(RingWriter::create(arena_name(("readers-" + std::to_string(count)).c_str()), {})) {
    const std::string name = writer_->name();
    child_ = run_in_child([&] { read_all(name, count, turns_, bursts); });
    await(turns_.read, 1);
  }
  ~Group() { waitpid(child_, nullptr, 0); }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  double round(std::uint64_t bursts) {
    std::uint64_t ns = 0;
    for (std::uint64_t i = 0; i < bursts; ++i) {
      const std::uint64_t start = monotonic_ns();
      for (std::uint64_t batch = 0; batch < kBurst; ++batch) {
        const Claim claim = writer_->claim(kBatchBytes, Deadline::never());
        claim.data[0] = 1;
        writer_->commit(kBatchBytes, 100, 1);
      }
      ns += monotonic_ns() - start;
      turns_.written.store(++burst_, std::memory_order_release);
      await(turns_.read, burst_ + 1);
    }
    return static_cast<double>(ns) / static_cast<double>(bursts * kBurst);
  }

 private:
  Turns& turns_;
  std::unique_ptr<RingWriter> writer_;
  pid_t child_ = -1;
  std::uint64_t burst_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  return run([&] {
    const std::uint64_t bursts = argument(argc, argv, 1, 20'000) / kBurst + 1;
    const std::uint64_t rounds = argument(argc, argv, 2, 9);
    std::vector<std::unique_ptr<Group>> groups;
    for (const std::uint32_t count : kCounts) {
      groups.push_back(std::make_unique<Group>(count, bursts * (rounds + 1)));
    }
    std::vector<std::vector<double>> costs(groups.size());
    for (std::uint64_t round = 0; round <= rounds; ++round) {
      for (std::size_t i = 0; i < groups.size(); ++i) {
        const double cost = groups[i]->round(bursts);
        if (round > 0) costs[i].push_back(cost);
      }
    }
    std::printf("{");
    for (std::size_t i = 0; i < groups.size(); ++i) {
      print_numbers(("r" + std::to_string(kCounts[i])).c_str(), costs[i], i + 1 == groups.size());
    }
    std::printf("}\n");
  });
}
