// What one round does: drawn from the seed and the round's number, and from nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "test/random.hpp"

namespace qads::soak {

using test::Random;

/// A generator for one purpose: the same numbers for the same words.
inline Random random_of(std::uint64_t seed, std::uint64_t a, std::uint64_t b = 0) {
  Random mixer(seed + a * 0x9E3779B97F4A7C15ull);
  return Random(mixer.next() ^ (b * 0xD6E8FEB86659FD93ull));
}

enum class Sizes { small, mixed, large, edges, huge };

struct ArenaPlan {
  std::string name;
  std::size_t index = 0;
  std::uint64_t capacity = 0;
  std::uint32_t slots = 0;
  std::uint32_t max_readers = 0;
  std::uint32_t on_full = 0;
  std::uint32_t spin_micros = 0;
  bool bells = false;
  Sizes sizes = Sizes::mixed;
  bool from_earliest = false;      // all readers join there, so that none may skip a batch
  std::uint64_t readers = 0;       // that the driver starts with
  std::uint64_t hold_percent = 0;  // batches that a reader takes a lease on
  std::uint64_t held_bytes = 0;    // that a reader holds at most
  std::uint64_t life = 0;          // batches after which a party leaves, at most
  std::uint64_t pause_micros = 0;  // now and then, between batches
};

struct RoundPlan {
  std::uint64_t number = 0;
  std::vector<ArenaPlan> arenas;  // the writer of each but the first reads the one before
  std::uint64_t run_ms = 0;
  std::uint64_t event_every_ms = 0;
  std::uint64_t kill_percent = 0;  // of events
  std::uint64_t stop_percent = 0;
  bool drain = false;  // ends by draining; else readers leave first and writers prove that nothing is held
};

RoundPlan plan_round(std::uint64_t seed, std::uint64_t number, const std::string& prefix);

/// Bytes of a batch: the same for writer and readers. At most the arena's capacity.
std::uint64_t batch_length(const ArenaPlan& plan, std::uint64_t seed, std::uint64_t incarnation,
                           std::uint64_t sequence);
std::uint64_t batch_rows(std::uint64_t incarnation, std::uint64_t sequence);

/// The first eight bytes name the incarnation, the rest is a pattern that only this batch has.
void fill_batch(std::uint8_t* data, std::uint64_t length, std::uint64_t seed, std::uint64_t incarnation,
                std::uint64_t sequence);
bool is_batch(const std::uint8_t* data, std::uint64_t length, std::uint64_t seed, std::uint64_t incarnation,
              std::uint64_t sequence);
std::uint64_t incarnation_of(const std::uint8_t* data);

}  // namespace qads::soak
