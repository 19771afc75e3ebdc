// What must go from one processor to the other for one batch, and nothing else: payload, slot, `published`;
// and the cursor back into the reader's own line. The limit of a ring that publishes by a sequence.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/base/prefetch.hpp"
#include "core/wake/spin.hpp"

namespace qads::bench {

/// One direction, in zeroed memory that two processes share.
class BareLane {
 public:
  void send(std::uint64_t sequence) noexcept {
    Line& payload = payloads_[sequence % kMessages];
    payload.words[0].store(sequence, std::memory_order_relaxed);
    Line& slot = slots_[sequence % kMessages];
    for (Word& word : slot.words) word.store(sequence, std::memory_order_relaxed);
    published_.store(sequence + 1, std::memory_order_seq_cst);
    prefetch_to_write(&slots_[(sequence + 1) % kMessages]);
    prefetch_to_write(&payloads_[(sequence + 1) % kMessages]);
  }

  /// Spins until `sequence` is there. False if it is not what was sent.
  bool receive(std::uint64_t sequence) noexcept {
    while (published_.load(std::memory_order_acquire) <= sequence) cpu_pause();
    const Line& slot = slots_[sequence % kMessages];
    const Line& payload = payloads_[sequence % kMessages];
    prefetch_to_read(&slot);
    prefetch_to_read(&payload);
    bool right = payload.words[0].load(std::memory_order_relaxed) == sequence;
    for (const Word& word : slot.words) right = word.load(std::memory_order_relaxed) == sequence && right;
    cursor_.store(sequence + 1, std::memory_order_seq_cst);
    return right;
  }

 private:
  using Word = std::atomic<std::uint64_t>;
  struct alignas(64) Line {
    Word words[8];
  };
  static constexpr std::uint64_t kMessages = 1024;

  alignas(128) Word published_{0};
  alignas(128) Word cursor_{0};
  alignas(4096) Line slots_[kMessages];
  alignas(4096) Line payloads_[kMessages];
};

}  // namespace qads::bench
