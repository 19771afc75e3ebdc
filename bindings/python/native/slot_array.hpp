// A slot's record batch as Arrow's C data interface has it: from the layout words, no metadata is read again.
#pragma once

#include <cstdint>
#include <memory>
#include <tuple>
#include <vector>

#include "slot.hpp"

// As in the specification, arrow.apache.org/docs/format/CDataInterface.html.
struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};

namespace qads::python {

/// What a column, or a child of one, has: buffers (without those that views point to), whether it is one of
/// views, whether the first buffer is a validity bitmap, children. A schema's nodes are in pre-order.
using ArrayNode = std::tuple<std::uint32_t, bool, bool, std::uint32_t>;
using ArrayForm = std::vector<ArrayNode>;

/// An array until it is imported; given back if it never is.
class ArrayBox {
 public:
  ArrayBox() = default;
  ~ArrayBox() {
    if (array_.release != nullptr) array_.release(&array_);
  }
  ArrayBox(const ArrayBox&) = delete;
  ArrayBox& operator=(const ArrayBox&) = delete;

  ArrowArray* get() noexcept { return &array_; }

 private:
  ArrowArray array_{};
};

/// The batch of a slot in place, whose lease goes over to the array. nullptr if the slot's layout is not of
/// that form: it keeps its lease, and an IPC reader has to read it.
std::unique_ptr<ArrayBox> array_of(Slot& slot, std::uint32_t columns, const ArrayForm& form);

}  // namespace qads::python
