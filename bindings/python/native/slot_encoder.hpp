// From what pyarrow's IPC writer writes to the bytes of a slot.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "ipc_parts.hpp"
#include "slot_plan.hpp"

namespace qads::python {

/// A file object that pyarrow writes to: keeps the buffers it is given instead of copying them.
class PartSink {
 public:
  PartSink() = default;
  ~PartSink() { clear(); }
  PartSink(const PartSink&) = delete;
  PartSink& operator=(const PartSink&) = delete;

  /// Takes a bytes-like object; returns its length.
  std::uint64_t write(nanobind::handle data);
  /// Forgets everything and gives the buffers back.
  void clear() noexcept;

  const ipc::IpcParts& parts() const noexcept { return parts_; }

 private:
  ipc::IpcParts parts_;
  std::vector<Py_buffer> held_;
};

/// Plans the slots of batches of one schema.
class SlotEncoder {
 public:
  /// `nodes`: (buffers, is_view) of each column, parents before their children; or empty.
  explicit SlotEncoder(std::vector<std::pair<std::uint32_t, bool>> nodes);

  /// The sink holds a whole IPC file: learn the form of this schema, and plan its batch.
  void plan_file(const PartSink& sink);
  /// The sink holds one record batch message of the schema that is known.
  void plan_batch(const PartSink& sink);

  const ipc::SlotPlan& plan() const noexcept { return plan_; }

 private:
  std::vector<ipc::NodeLayout> nodes_;
  std::shared_ptr<const ipc::SlotForm> form_;
  ipc::SlotPlan plan_;
};

}  // namespace qads::python
