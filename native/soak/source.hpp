// The writing end of a process of the soak.
#pragma once

#include <cstdint>
#include <string>

#include "board.hpp"
#include "capi/qadataswap.h"
#include "plan.hpp"

namespace qads::soak {

class Source {
 public:
  enum class Wrote { batch, blocked, nothing };

  /// Borrows all three. `random` decides what this source does, not what its batches hold.
  Source(Board& board, const ArenaPlan& plan, Random& random);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  /// Makes the arena, in place of a dead one if there is one. False if it could not; that is an error.
  bool create();
  bool has_arena() const { return writer_ != nullptr; }
  /// Tries for some milliseconds to write one batch.
  Wrote write();
  std::uint64_t written() const { return next_; }
  bool has_readers();

  /// Ends the arena in one of the ways there are, and leaves it.
  void finish(Ending how);
  /// With every reader gone: proves that no slot, entry or byte is held, then ends the arena.
  void settle();

 private:
  int claim(std::uint64_t bytes, qads_claim& claim);
  void commit(const qads_claim& claim, std::uint64_t length);
  void look_for_a_stall();

  Board& board_;
  const ArenaPlan& plan_;
  Random& random_;
  qads_writer* writer_ = nullptr;
  qads_bell* bell_ = nullptr;
  Incarnation* incarnation_ = nullptr;
  std::uint64_t id_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t blocked_since_ns_ = 0;
  std::uint64_t stops_then_ = 0;
};

}  // namespace qads::soak
