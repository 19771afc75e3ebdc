#include "plan.hpp"

#include <algorithm>
#include <cstring>

#include "core/layout/arena.hpp"
#include "test/support.hpp"

namespace qads::soak {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kSmallest = 16;

std::uint64_t pattern_seed(std::uint64_t seed, std::uint64_t incarnation, std::uint64_t sequence) {
  return random_of(seed, incarnation, sequence + 1).next();
}

ArenaPlan plan_arena(Random& random, std::size_t index, const std::string& prefix) {
  ArenaPlan plan;
  plan.index = index;
  plan.name = prefix + std::to_string(index);
  plan.on_full = static_cast<std::uint32_t>(random.below(4));
  plan.capacity = kPage << random.between(0, 13);
  plan.slots = static_cast<std::uint32_t>(std::uint64_t{2} << random.between(0, 8));
  plan.max_readers = static_cast<std::uint32_t>(random.between(2, 9));
  plan.spin_micros = random.chance(30) ? 50 : 0;
  plan.bells = random.chance(30);
  plan.sizes = static_cast<Sizes>(random.below(5));
  // Rings that hold only a few small batches have something to do too.
  if (plan.capacity < 8 * kLeaseThreshold && plan.sizes != Sizes::edges) plan.sizes = Sizes::small;
  plan.from_earliest = random.chance(50);
  plan.readers = random.below(4);
  plan.hold_percent = random.chance(30) ? 0 : random.between(1, 100);
  plan.held_bytes = std::uint64_t{1} << random.between(18, 26);
  plan.life = std::uint64_t{1} << random.between(3, 16);
  plan.pause_micros = random.chance(50) ? 0 : std::uint64_t{1} << random.between(1, 12);
  return plan;
}

}  // namespace

RoundPlan plan_round(std::uint64_t seed, std::uint64_t number, const std::string& prefix) {
  Random random = random_of(seed, number);
  RoundPlan plan;
  plan.number = number;
  const std::size_t arenas = random.chance(50) ? 1 : random.between(2, 3);
  for (std::size_t i = 0; i < arenas; ++i) plan.arenas.push_back(plan_arena(random, i, prefix));
  plan.run_ms = random.chance(90) ? random.between(100, 1500) : random.between(1500, 8000);
  plan.event_every_ms = random.between(1, 60);
  plan.kill_percent = random.chance(20) ? 0 : random.between(5, 60);
  plan.stop_percent = random.chance(40) ? 0 : random.between(5, 40);
  plan.drain = random.chance(50);
  return plan;
}

std::uint64_t batch_length(const ArenaPlan& plan, std::uint64_t seed, std::uint64_t incarnation,
                           std::uint64_t sequence) {
  Random random = random_of(seed ^ 0xA5A5A5A5u, incarnation, sequence);
  std::uint64_t length = 0;
  const auto around = [&](std::uint64_t low, std::uint64_t high) { return random.between(low, high); };
  switch (plan.sizes) {
    case Sizes::small:
      length = around(kSmallest, 3000);
      break;
    case Sizes::mixed:
      length = random.chance(70) ? around(kSmallest, 8000) : around(8000, 200'000);
      break;
    case Sizes::large:
      length = around(kLeaseThreshold, 300'000);
      break;
    case Sizes::edges:
      // One byte around whole pages, around the size from which batches are leased, and around the ring's.
      length = random.chance(10)   ? plan.capacity
               : random.chance(30) ? kLeaseThreshold - 1 + random.below(3)
                                   : random.between(1, 20) * kPage - 1 + random.below(3);
      break;
    case Sizes::huge:
      length = around(plan.capacity / 8, plan.capacity);
      break;
  }
  return std::clamp(length, kSmallest, plan.capacity);
}

std::uint64_t batch_rows(std::uint64_t incarnation, std::uint64_t sequence) {
  return incarnation * 1'000'003 + sequence;
}

void fill_batch(std::uint8_t* data, std::uint64_t length, std::uint64_t seed, std::uint64_t incarnation,
                std::uint64_t sequence) {
  std::memcpy(data, &incarnation, 8);
  test::fill(data + 8, length - 8, pattern_seed(seed, incarnation, sequence));
}

bool is_batch(const std::uint8_t* data, std::uint64_t length, std::uint64_t seed, std::uint64_t incarnation,
              std::uint64_t sequence) {
  return incarnation_of(data) == incarnation &&
         test::is_filled(data + 8, length - 8, pattern_seed(seed, incarnation, sequence));
}

std::uint64_t incarnation_of(const std::uint8_t* data) {
  std::uint64_t id = 0;
  std::memcpy(&id, data, 8);
  return id;
}

}  // namespace qads::soak
