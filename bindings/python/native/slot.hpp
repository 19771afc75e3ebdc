#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include "qadataswap.h"

namespace qads::python {

/// A message of a slot: the length of its metadata with the prefix, the place of its body.
using MessagePlace = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;

/// A batch that was taken from the ring, and the lease on its bytes: given back when the object goes, in any
/// thread. Offsets are in the slot, and verified.
struct Slot {
  Slot() = default;
  ~Slot() { qads_lease_release(lease); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  /// Takes the batch that `reader` looks at. The code of qads_reader_take.
  int take(qads_reader* reader, const qads_batch& batch);

  qads_lease* lease = nullptr;
  const std::uint8_t* data = nullptr;
  std::uint64_t length = 0;
  std::uint64_t sequence = 0;
  std::uint64_t schema_begin = 0;  // of the schema message: a stream starts here
  std::uint64_t batch_begin = 0;   // of the record batch message
  std::uint64_t dictionaries = 0;
  std::uint32_t schema_id = 0;
  bool has_metadata = false;  // the record batch has custom metadata of its own
  bool in_place = false;      // in the ring, where only the bodies may be looked at
  bool unseen = false;  // values are verified, and some come out of compressed buffers: nobody has seen them
  /// Of a slot in place: its messages without their bodies, as they were verified, and where these are.
  std::vector<std::uint8_t> messages;
  std::vector<MessagePlace> places;
  /// Of a slot in place that needs no IPC reader: the layout words of its record batch.
  std::vector<double> record_batch;

 private:
  int keep_messages(qads_reader* reader, const double* words);
};

}  // namespace qads::python
