#pragma once

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "qadataswap.h"

namespace qads::arrow {

/// One message of a slot: its metadata in the C ABI's private copy, its body in the slot.
struct SlotMessage {
  const std::uint8_t* metadata;
  std::int64_t metadata_length;
  std::int64_t body_offset;
  std::int64_t body_length;
};

/// The messages of the batch that was peeked at last; good until the next peek.
struct SlotMessages {
  std::vector<SlotMessage> all;  // the schema, the dictionary batches, the record batch
  bool unseen = false;           // values are to be verified, and some come out of compressed buffers

  SlotMessages(qads_reader* reader, const qads_batch& batch);
};

/// A batch, and the metadata that its writer gave to it alone, or null.
struct Decoded {
  std::shared_ptr<::arrow::RecordBatch> batch;
  std::shared_ptr<const ::arrow::KeyValueMetadata> metadata;
};

/// Slots to record batches, in place. Remembers the schemas of one reader.
class BatchDecoder {
 public:
  /// `slot` owns the lease. Values that nobody has seen are validated.
  ::arrow::Result<Decoded> decode(const std::shared_ptr<::arrow::Buffer>& slot, const SlotMessages& messages,
                                  std::uint32_t schema_id);

 private:
  ::arrow::Result<Decoded> read(const std::shared_ptr<::arrow::Buffer>& slot, const SlotMessages& messages,
                                std::uint32_t schema_id);

  /// A schema that is known, and what it means for reading.
  struct KnownSchema {
    std::shared_ptr<::arrow::Schema> schema;
    bool has_dictionaries = false;
  };

  std::map<std::uint32_t, KnownSchema> schemas_;  // by the verifier's schema id
};

}  // namespace qads::arrow
