// The reading end of a process of the soak: knows what every batch must hold and which must come next.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "board.hpp"
#include "capi/qadataswap.h"
#include "plan.hpp"

namespace qads::soak {

class Sink {
 public:
  enum class Read { batch, nothing, over };

  /// Borrows all three.
  Sink(Board& board, const ArenaPlan& plan, Random& random);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  /// False if there is no arena of that name now, or no place in it.
  bool attach();
  /// As the last reader of all, whose writer is this thread: must succeed, and waits for nothing after.
  bool attach_for_settling();
  bool is_attached() const { return reader_ != nullptr; }
  /// Waits some milliseconds for the next batch. After `over` the sink is detached.
  Read read();
  /// Reads what is there.
  void read_all();
  /// Batch `sequence` has another length than the plan says.
  void expect_length(std::uint64_t sequence, std::uint64_t length);
  std::uint64_t batches() const { return batches_; }

  /// Detaches; what is held stays, and stays right.
  void leave();
  void release_some();
  /// Everything; then nothing of any arena may be left in this process.
  void release_all();
  void look_for_leaks();

 private:
  struct Held {
    qads_lease* lease;
    const std::uint8_t* data;
    std::uint64_t length, incarnation, sequence;
  };

  bool attach_from(std::int64_t from);
  int peek(qads_batch& batch);
  void check(const qads_batch& batch);
  void check_first(const qads_batch& batch);
  Read check_end(int code, const qads_batch& batch);
  void consume(const qads_batch& batch);
  void release(std::size_t at);
  void count_stats();

  Board& board_;
  const ArenaPlan& plan_;
  Random& random_;
  qads_reader* reader_ = nullptr;
  qads_bell* bell_ = nullptr;
  std::vector<Held> held_;
  std::uint64_t held_bytes_ = 0;
  std::uint64_t id_ = 0;  // 0 until the first batch has told
  std::int64_t from_ = 0;
  std::uint64_t expected_ = 0;
  std::uint64_t reported_ = 0;  // batches lost, as told with batches
  std::uint64_t batches_ = 0;
  std::uint64_t other_length_at_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t other_length_ = 0;
  bool patient_ = true;  // looks wait for a batch
  qads_reader_stats counted_{};
  std::size_t descriptors_before_;
};

}  // namespace qads::soak
