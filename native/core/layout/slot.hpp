// The slot table's entries: stored by the writer before `published`, read by readers after it, checked before
// use.
#pragma once

#include <cstdint>

#include "arena.hpp"
#include "core/base/checksum.hpp"

namespace qads {

struct SlotWords {
  std::uint64_t sequence;
  std::uint64_t position;
  std::uint64_t length;
  std::uint64_t rows;
  std::uint64_t fingerprint;
  std::uint64_t commit_ns;

  std::uint64_t check() const noexcept {
    const std::uint64_t words[] = {sequence, position, length, rows, fingerprint, commit_ns};
    return checksum_words(words, 6);
  }
};

/// Relaxed: commit_publish orders these before `published`, and the reader acquires that.
inline void store_slot(Slot& slot, const SlotWords& words) noexcept {
  slot.sequence.store(words.sequence, std::memory_order_relaxed);
  slot.position.store(words.position, std::memory_order_relaxed);
  slot.length.store(words.length, std::memory_order_relaxed);
  slot.rows.store(words.rows, std::memory_order_relaxed);
  slot.fingerprint.store(words.fingerprint, std::memory_order_relaxed);
  slot.commit_ns.store(words.commit_ns, std::memory_order_relaxed);
  slot.check.store(words.check(), std::memory_order_relaxed);
}

/// Each word is read once; the caller uses only this copy. False if the slot does not hold a sound
/// `sequence`.
[[nodiscard]] inline bool load_slot(const Slot& slot, std::uint64_t sequence,
                                    const SharedMemoryHeader& header, SlotWords& words) noexcept {
  words.sequence = slot.sequence.load(std::memory_order_relaxed);
  words.position = slot.position.load(std::memory_order_relaxed);
  words.length = slot.length.load(std::memory_order_relaxed);
  words.rows = slot.rows.load(std::memory_order_relaxed);
  words.fingerprint = slot.fingerprint.load(std::memory_order_relaxed);
  words.commit_ns = slot.commit_ns.load(std::memory_order_relaxed);
  const std::uint64_t alignment = words.length >= header.lease_threshold ? header.page_size : kSmallAlignment;
  return slot.check.load(std::memory_order_relaxed) == words.check() && words.sequence == sequence &&
         words.length >= 1 && words.length <= header.ring_capacity && (words.position & (alignment - 1)) == 0;
}

}  // namespace qads
