// Which of the oldest batches the writer may overwrite, and what it does about readers in its way.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/wrap.hpp"
#include "core/layout/arena.hpp"
#include "core/segment/segment.hpp"
#include "core/wake/bell.hpp"

namespace qads {

class Reclaimer {
 public:
  /// Borrows the segment. Single-threaded, like the writer that owns it.
  explicit Reclaimer(const SharedSegment& segment);

  /// Positions of batch `sequence`, from the writer's own memory: the slot table is not read back.
  void remember(std::uint64_t sequence, std::uint64_t begin, std::uint64_t end) noexcept;

  /// Lowest sequence above which all must be gone for [.., end) to fit when `next` is the next sequence.
  std::uint64_t needed_for(std::uint64_t end, std::uint64_t next) const noexcept {
    std::uint64_t needed = reclaimed_;
    while (needed < next && (next - needed >= extents_.size() ||
                             end - extent(needed).begin > segment_.header().ring_capacity)) {
      ++needed;
    }
    return needed;
  }

  /// Makes sequences below `needed` the writer's. True if they are. `next` is the next sequence.
  [[nodiscard]] bool reclaim(std::uint64_t needed, std::uint64_t next) noexcept {
    return needed <= reclaimed_ || scan_and_reclaim(needed, next);
  }

  /// Lowest sequence that some reader still needs or holds (at most `next`).
  std::uint64_t limit(std::uint64_t next) const noexcept;
  /// Lowest sequence that some attached reader has not read; without one, that nobody has.
  std::uint64_t lowest_unread(std::uint64_t next) const noexcept;

  /// Frees the entries of readers whose process died. True if there was one.
  bool reap_dead() noexcept;

  std::uint64_t reclaimed() const noexcept { return reclaimed_; }
  std::uint32_t readers() const noexcept;

 private:
  struct Extent {
    std::uint64_t begin;
    std::uint64_t end;
  };
  struct Position {
    std::uint64_t cursor;
    std::uint64_t pin;
  };

  const Extent& extent(std::uint64_t sequence) const noexcept { return extents_[index_(sequence)]; }
  Position position_of(const ReaderEntry& entry, ReaderState state, std::uint64_t next) const noexcept;
  bool scan_and_reclaim(std::uint64_t needed, std::uint64_t next) noexcept;
  template <typename Visit>
  void each_reader(Visit&& visit) const noexcept;
  std::uint64_t kept_without_readers(std::uint64_t next) const noexcept;
  std::uint64_t ahead_of(std::uint64_t needed, std::uint64_t limit, std::uint64_t share) const noexcept;
  void announce(std::uint64_t oldest) noexcept;
  void skip_slow_readers(std::uint64_t needed) noexcept;
  void request_evictions(std::uint64_t needed, std::uint64_t next) noexcept;

  const SharedSegment& segment_;
  BellRinger ringer_;
  std::vector<Extent> extents_;
  Wrap index_;
  std::uint64_t reclaimed_ = 0;
  std::uint64_t ask_again_ns_ = 0;
};

}  // namespace qads
