// From record batches to planned slots, by Arrow C++'s own IPC writer.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <memory>
#include <vector>

#include "ipc_parts.hpp"
#include "slot_plan.hpp"

namespace qads::arrow {

/// A stream that keeps what it is given: buffers by reference, the rest by copy.
class PartsStream : public ::arrow::io::OutputStream {
 public:
  ~PartsStream() override = default;
  ::arrow::Status Write(const void* data, int64_t nbytes) override;
  ::arrow::Status Write(const std::shared_ptr<::arrow::Buffer>& data) override;
  ::arrow::Status Close() override { return ::arrow::Status::OK(); }
  ::arrow::Result<int64_t> Tell() const override { return static_cast<int64_t>(parts_.size()); }
  bool closed() const override { return false; }

  const ipc::IpcParts& parts() const noexcept { return parts_; }
  void clear() noexcept;

 private:
  ipc::IpcParts parts_;
  std::vector<std::shared_ptr<::arrow::Buffer>> held_;
};

/// Plans the slots of batches of one schema.
class SchemaEncoder {
 public:
  using Metadata = std::shared_ptr<const ::arrow::KeyValueMetadata>;

  explicit SchemaEncoder(std::shared_ptr<::arrow::Schema> schema);

  const ::arrow::Schema& schema() const noexcept { return *schema_; }
  bool has_dictionaries() const noexcept { return has_dictionaries_; }
  /// The slot of `batch`, which is borrowed until forget(); with metadata of its own, or null.
  ::arrow::Result<const ipc::SlotPlan*> plan(const ::arrow::RecordBatch& batch, const Metadata& metadata);
  void forget() noexcept { stream_.clear(); }

 private:
  ::arrow::Status write(const ::arrow::RecordBatch& batch, const Metadata& metadata);

  std::shared_ptr<::arrow::Schema> schema_;
  bool has_dictionaries_;
  std::vector<ipc::NodeLayout> nodes_;
  std::shared_ptr<::arrow::RecordBatch> empty_;
  std::shared_ptr<const ipc::SlotForm> form_;
  ipc::SlotPlan plan_;
  PartsStream stream_;
  std::shared_ptr<::arrow::ipc::RecordBatchWriter> writer_;  // writes to stream_
};

/// A batch without rows.
::arrow::Result<std::shared_ptr<::arrow::RecordBatch>> empty_batch(
    const std::shared_ptr<::arrow::Schema>& schema);

/// Remembers the last schemas.
class BatchEncoder {
 public:
  SchemaEncoder& of(const std::shared_ptr<::arrow::Schema>& schema);
  /// After a failure: Arrow's writer may be left in the middle of a message.
  void drop(const SchemaEncoder& encoder) noexcept;

 private:
  std::vector<std::unique_ptr<SchemaEncoder>> known_;  // most recently used first
};

}  // namespace qads::arrow
