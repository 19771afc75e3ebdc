// What a ring must do, without shared memory, atomics or threads: a queue of batches and a number per reader.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "core/layout/arena.hpp"

namespace qads::test {

struct ModelBatch {
  std::uint64_t sequence, begin, end, length, rows, fingerprint;
};

struct ModelReader {
  std::uint64_t cursor = 0;                      // what the writer respects
  std::uint64_t expected = 0;                    // what the reader knows
  std::uint64_t lost_first = 0, lost_count = 0;  // not yet reported
  std::uint64_t lost_ever = 0;
  std::optional<std::uint64_t> peeked = std::nullopt;
};

class RingModel {
 public:
  RingModel(OnFull policy, std::uint64_t ring_bytes, std::uint64_t slot_count, std::uint64_t page_size)
      : on_full(policy), capacity(ring_bytes), slots(slot_count), page(page_size) {}

  const OnFull on_full;
  const std::uint64_t capacity, slots, page;
  std::deque<ModelBatch> batches;
  std::map<int, ModelReader> readers;
  std::uint64_t next = 0;
  std::uint64_t tail = 0;
  std::uint64_t floor = 0;
  std::uint64_t dropped_newest = 0, dropped_oldest = 0;
  // Reclaiming ahead of need is the ring's choice: its oldest batch lies between these.
  std::uint64_t oldest_low = 0, oldest_high = 0;

  std::uint64_t alignment_for(std::uint64_t length) const {
    return length >= kLeaseThreshold ? page : kSmallAlignment;
  }
  std::uint64_t position_for(std::uint64_t length) const {
    return Geometry::align_up(tail, alignment_for(length));
  }

  /// The lowest sequence that may stay when `length` bytes are written next.
  std::uint64_t needed_for(std::uint64_t length) const {
    const std::uint64_t end = Geometry::align_up(position_for(length) + length, alignment_for(length));
    std::uint64_t needed = next;
    for (auto batch = batches.rbegin(); batch != batches.rend(); ++batch) {
      if (next - batch->sequence >= slots || end - batch->begin > capacity) break;
      needed = batch->sequence;
    }
    return needed;
  }

  /// The lowest sequence that somebody has not read, or that waits for somebody to come.
  std::uint64_t unread_from() const {
    std::uint64_t lowest = next;
    for (const auto& [id, reader] : readers) lowest = std::min(lowest, reader.cursor);
    if (!readers.empty()) return lowest;
    return on_full == OnFull::drop_oldest ? next : std::max(floor, oldest_low);
  }

  /// Under drop-oldest the writer passes slow readers before it looks at what they hold, and nobody joins
  /// below.
  void skip_slow_readers(std::uint64_t needed) {
    oldest_high = std::max(oldest_high, needed);
    for (auto& [id, reader] : readers) {
      if (reader.cursor >= needed) continue;
      dropped_oldest += needed - reader.cursor;
      reader.cursor = needed;
    }
  }

  /// A batch that a drop-oldest reader looks at without a lease stays where it is.
  bool is_looked_at_below(std::uint64_t needed) const {
    if (on_full != OnFull::drop_oldest) return false;
    return std::any_of(readers.begin(), readers.end(),
                       [&](const auto& entry) { return entry.second.peeked.value_or(needed) < needed; });
  }

  void reclaimed(std::uint64_t needed) {
    if (needed <= oldest_low) return;
    oldest_low = needed;
    oldest_high = std::max({oldest_high, needed, unread_from()});
  }

  void commit(std::uint64_t claimed, std::uint64_t length, std::uint64_t rows, std::uint64_t fingerprint) {
    const std::uint64_t begin = position_for(claimed);
    const std::uint64_t end = Geometry::align_up(begin + length, alignment_for(length));
    batches.push_back({next++, begin, end, length, rows, fingerprint});
    tail = end;
    while (batches.front().sequence < oldest_low) batches.pop_front();
  }

  const ModelBatch& batch(std::uint64_t sequence) const {
    return batches.at(static_cast<std::size_t>(sequence - batches.front().sequence));
  }

  /// What the next peek of this reader tells; null if there is nothing.
  const ModelBatch* peek(ModelReader& reader) {
    if (!reader.peeked) {
      if (reader.cursor > reader.expected) {
        if (reader.lost_count == 0) reader.lost_first = reader.expected;
        reader.lost_count += reader.cursor - reader.expected;
        reader.lost_ever += reader.cursor - reader.expected;
        reader.expected = reader.cursor;
      }
      if (reader.expected == next) return nullptr;
      reader.peeked = reader.expected;
      if (on_full == OnFull::drop_oldest) ++reader.cursor;
    }
    return &batch(*reader.peeked);
  }

  /// Past the peeked batch, with or without a lease.
  void step(ModelReader& reader) {
    reader.peeked.reset();
    ++reader.expected;
    if (on_full != OnFull::drop_oldest) ++reader.cursor;
  }

  void leave(int id) {
    const std::uint64_t cursor = readers.at(id).cursor;
    readers.erase(id);
    if (readers.empty()) floor = cursor;
  }
};

}  // namespace qads::test
