// A batch that is ready in the ring, to its first value: `first_value BATCHES ROUNDS` prints {"ns":[…]}, the
// median nanoseconds of each round. `attach` and the batches are there before; the time is of peek, take, one
// load through the ring, and release.
#include <algorithm>
#include <cstring>

#include "bench_support.hpp"
#include "core/base/clock.hpp"

namespace {

using namespace qads;
using namespace qads::bench;

constexpr std::uint64_t kBatchBytes = 100 * 6 * 8;

double round_of(RingWriter& writer, RingReader& reader, std::uint64_t batches) {
  std::vector<double> times;
  times.reserve(batches);
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < batches; ++i) {
    const Claim claim = writer.claim(kBatchBytes, Deadline::after_ms(60'000));
    std::memcpy(claim.data, &i, sizeof(i));
    writer.commit(kBatchBytes, 100, 1);
    const std::uint64_t start = monotonic_ns();
    BatchView batch;
    if (reader.peek(batch) != PeekStatus::ready) std::abort();
    std::uint64_t value;
    std::memcpy(&value, batch.data, sizeof(value));
    sum += value;
    times.push_back(static_cast<double>(monotonic_ns() - start));
    reader.advance();
  }
  if (sum != batches * (batches - 1) / 2) std::abort();
  std::nth_element(times.begin(), times.begin() + static_cast<long>(batches / 2), times.end());
  return times[batches / 2];
}

}  // namespace

int main(int argc, char** argv) {
  return run([&] {
    const std::uint64_t batches = argument(argc, argv, 1, 100'000);
    const std::uint64_t rounds = argument(argc, argv, 2, 9);
    auto writer = RingWriter::create(arena_name("first-value"), {});
    auto reader = RingReader::attach(writer->name(), {});
    std::vector<double> medians;
    for (std::uint64_t round = 0; round <= rounds; ++round) {
      const double median = round_of(*writer, *reader, batches);
      if (round > 0) medians.push_back(median);
    }
    std::printf("{");
    print_numbers("ns", medians, true);
    std::printf("}\n");
  });
}
