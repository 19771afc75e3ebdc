// What the processes of a soak run tell each other and the driver, in memory that they share.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace qads::soak {

/// Everything that is counted; the report prints them in this order.
#define QADS_SOAK_COUNTERS(X) \
  X(rounds)                   \
  X(processes)                \
  X(batches_written)          \
  X(bytes_written)            \
  X(batches_read)             \
  X(bytes_read)               \
  X(leases)                   \
  X(leases_verified)          \
  X(evacuations)              \
  X(bytes_copied)             \
  X(joins)                    \
  X(leaves)                   \
  X(exits_without_close)      \
  X(writers_killed)           \
  X(readers_killed)           \
  X(relays_killed)            \
  X(stops)                    \
  X(arenas)                   \
  X(takeovers)                \
  X(ends)                     \
  X(aborts)                   \
  X(abandons)                 \
  X(claims_aborted)           \
  X(claims_blocked)           \
  X(dropped_newest)           \
  X(refused_full)             \
  X(deaths_seen)              \
  X(loss_reports)             \
  X(batches_lost)             \
  X(arenas_settled)           \
  X(slots_leaked)             \
  X(entries_leaked)           \
  X(private_bytes_leaked)     \
  X(leases_leaked)            \
  X(mappings_leaked)          \
  X(descriptors_leaked)       \
  X(files_left)               \
  X(errors)

using Count = std::atomic<std::uint64_t>;

struct Counters {
#define QADS_COUNTER(name) Count name{0};
  QADS_SOAK_COUNTERS(QADS_COUNTER)
#undef QADS_COUNTER
};

/// What the driver wants of all processes.
enum class Phase : std::uint32_t {
  run,
  drain,   // writers end, readers read to the end
  leave,   // readers leave in the middle; writers go on
  settle,  // writers prove that nothing is held, then end
};

enum class Ending : std::uint32_t { open, ended, aborted, abandoned };

/// One arena from its creation to its end: what its writer says about itself before and after each step, so
/// that a reader can judge it after the writer was killed.
struct Incarnation {
  Count id;
  Count attempted;  // sequences that may have been published
  Count committed;  // sequences that have been
  Count furthest;   // no reader has been beyond this sequence
  std::atomic<Ending> ending;
};

struct Board {
  static constexpr std::size_t kIncarnations = 8192;
  static constexpr std::size_t kArenas = 4;

  Counters counters;
  std::uint64_t seed = 0;
  std::atomic<std::uint64_t> round{0};
  std::atomic<std::uint64_t> next_incarnation{1};
  std::atomic<Phase> phase{Phase::run};
  std::atomic<std::uint32_t> relays_gone{0};  // relays that have left their input, in the phase `leave`
  std::atomic<std::uint32_t> stopped{0};      // processes that SIGSTOP holds now
  std::array<std::atomic<std::uint64_t>, kArenas> latest{};  // incarnation of each arena name
  std::array<Incarnation, kIncarnations> incarnations{};

  Incarnation& incarnation(std::uint64_t id) { return incarnations[id % kIncarnations]; }
};

inline void add(Count& counter, std::uint64_t by = 1) { counter.fetch_add(by, std::memory_order_relaxed); }

/// Raises `value` to at least `to`.
inline void raise_to(Count& value, std::uint64_t to) {
  std::uint64_t now = value.load();
  while (now < to && !value.compare_exchange_weak(now, to)) {
  }
}

/// Counts an error and prints it with what is needed to repeat the run.
[[gnu::format(printf, 2, 3)]] void complain(Board& board, const char* format, ...);

}  // namespace qads::soak
