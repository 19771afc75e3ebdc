#pragma once

#include <cstdint>
#include <vector>

#include "flatbuffer.hpp"
#include "shape.hpp"

namespace qads::ipc {

/// One encapsulated message, found by its length prefix; offsets are absolute in the slot.
struct Message {
  uint64_t start = 0;
  uint64_t metadata_offset = 0;
  uint32_t metadata_length = 0;
  uint64_t body_offset = 0;
  uint64_t body_length = 0;

  [[nodiscard]] uint64_t end() const noexcept { return body_offset + body_length; }
};

/// What a batch is checked against, and where its layout goes.
struct BatchCheck {
  const uint8_t* slot;
  Message message;
  const Program* program;
  int64_t dictionary_id;  // -1 for the record batch
  bool is_delta;
  bool has_metadata;                      // the message has custom metadata
  std::vector<int64_t>* dictionary_rows;  // per dictionary of the schema; -1 while it has no batch
  std::vector<uint64_t>* needed;          // scratch, one per step: the least length of the step's children
  std::vector<double>* layout;            // one block is appended
  bool* reads_body;                       // set when the verdict depends on a byte of the body
};

/// Verifies a RecordBatch table (Message.fbs) against the program of its schema, and every buffer's place and
/// size against its type. Of the body it reads, once each, the first and last offset of variable-size
/// layouts, the last run end, and the length prefix of compressed buffers. `rows` receives the length of the
/// batch. Throws std::bad_alloc only.
bool check_batch(FlatBuffer& buffer, const Table& batch, const BatchCheck& check, int64_t& rows);

}  // namespace qads::ipc
