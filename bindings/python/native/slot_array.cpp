#include "slot_array.hpp"

#include <deque>
#include <utility>

#include "ipc/layout.hpp"

namespace qads::python {
namespace {

/// Everything that the array and its children point to, and the lease.
struct Holder {
  Holder() = default;
  ~Holder() { qads_lease_release(lease); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  qads_lease* lease = nullptr;
  // Deques: what is in them stays where it is.
  std::deque<ArrowArray> arrays;
  std::deque<std::vector<ArrowArray*>> children;
  std::deque<std::vector<const void*>> buffers;
  std::deque<std::vector<std::int64_t>> view_lengths;
};

void release_root(ArrowArray* array) {
  delete static_cast<Holder*>(array->private_data);
  array->release = nullptr;
}

/// The root owns all.
void release_child(ArrowArray* array) { array->release = nullptr; }

/// Walks a block of layout words along the form of its schema.
class Assembler {
 public:
  Assembler(const Slot& slot, const ArrayForm& form, Holder& holder)
      : data_(slot.data), form_(form), holder_(holder) {
    const double* const words = slot.record_batch.data();
    node_ = words + kBlockWords;
    buffer_ = nodes_end_ = node_ + 2 * static_cast<std::size_t>(words[kBlockNodes]);
    variadic_ = buffers_end_ = buffer_ + 2 * static_cast<std::size_t>(words[kBlockBuffers]);
    variadic_end_ = words + slot.record_batch.size();
  }

  /// False if the words are not those of this form.
  bool fill(ArrowArray& root, std::uint32_t columns) {
    holder_.buffers.push_back({nullptr});
    root.n_buffers = 1;
    root.buffers = holder_.buffers.back().data();
    return add_children(root, columns) && next_ == form_.size() && node_ == nodes_end_ &&
           buffer_ == buffers_end_ && variadic_ == variadic_end_;
  }

 private:
  bool add_children(ArrowArray& parent, std::uint32_t count) {
    holder_.children.emplace_back();
    // Pre-order: the grandchildren come before the second child.
    const std::size_t place = holder_.children.size() - 1;
    for (std::uint32_t i = 0; i < count; ++i) {
      holder_.arrays.emplace_back();
      ArrowArray& child = holder_.arrays.back();
      holder_.children[place].push_back(&child);
      if (!add(child)) return false;
    }
    parent.n_children = count;
    parent.children = holder_.children[place].data();
    return true;
  }

  bool add(ArrowArray& array) {
    if (next_ == form_.size() || node_ == nodes_end_) return false;
    const auto [count, is_view, has_validity, children] = form_[next_++];
    array.length = static_cast<std::int64_t>(node_[0]);
    const auto nulls = static_cast<std::int64_t>(node_[1]);
    node_ += 2;
    array.null_count = has_validity ? nulls : count == 0 && children == 0 ? array.length : 0;
    array.release = release_child;
    std::vector<const void*> buffers;
    for (std::uint32_t i = 0; i < count; ++i) {
      const void* bytes = nullptr;
      if (!take(bytes)) return false;
      buffers.push_back(i == 0 && has_validity && nulls == 0 ? nullptr : bytes);
    }
    if (is_view && !add_viewed(buffers)) return false;
    array.n_buffers = static_cast<std::int64_t>(buffers.size());
    holder_.buffers.push_back(std::move(buffers));
    array.buffers = holder_.buffers.back().data();
    return add_children(array, children);
  }

  /// The buffers that views point to, and last the lengths of these.
  bool add_viewed(std::vector<const void*>& buffers) {
    if (variadic_ == variadic_end_) return false;
    std::vector<std::int64_t> lengths;
    for (double left = *variadic_++; left > 0; --left) {
      const void* bytes = nullptr;
      if (buffer_ == buffers_end_) return false;
      lengths.push_back(static_cast<std::int64_t>(buffer_[1]));
      take(bytes);
      buffers.push_back(bytes);
    }
    holder_.view_lengths.push_back(std::move(lengths));
    buffers.push_back(holder_.view_lengths.back().data());
    return true;
  }

  bool take(const void*& bytes) {
    if (buffer_ == buffers_end_) return false;
    bytes = data_ + static_cast<std::size_t>(buffer_[0]);
    buffer_ += 2;
    return true;
  }

  const std::uint8_t* data_;
  const ArrayForm& form_;
  Holder& holder_;
  std::size_t next_ = 0;
  const double* node_;
  const double* nodes_end_;
  const double* buffer_;
  const double* buffers_end_;
  const double* variadic_;
  const double* variadic_end_;
};

}  // namespace

std::unique_ptr<ArrayBox> array_of(Slot& slot, std::uint32_t columns, const ArrayForm& form) {
  if (slot.record_batch.empty()) return nullptr;
  auto holder = std::make_unique<Holder>();
  auto box = std::make_unique<ArrayBox>();
  ArrowArray& root = *box->get();
  root.length = static_cast<std::int64_t>(slot.record_batch[kBlockRows]);
  if (!Assembler(slot, form, *holder).fill(root, columns)) return nullptr;
  holder->lease = std::exchange(slot.lease, nullptr);
  root.private_data = holder.release();
  root.release = release_root;
  return box;
}

}  // namespace qads::python
