#include "slot_encoder.hpp"

#include <stdexcept>

namespace qads::python {
namespace {

// Shorter pieces are metadata and padding: copying them costs less than holding them.
constexpr Py_ssize_t kHeldBytes = 256;

}  // namespace

std::uint64_t PartSink::write(nanobind::handle data) {
  Py_buffer view;
  if (PyObject_GetBuffer(data.ptr(), &view, PyBUF_SIMPLE) != 0) throw nanobind::python_error();
  const auto length = static_cast<std::uint64_t>(view.len);
  if (view.len < kHeldBytes) {
    parts_.add_copy(view.buf, length);
    PyBuffer_Release(&view);
  } else {
    held_.push_back(view);
    parts_.add_borrowed(view.buf, length);
  }
  return length;
}

void PartSink::clear() noexcept {
  parts_.clear();
  for (Py_buffer& view : held_) PyBuffer_Release(&view);
  held_.clear();
}

SlotEncoder::SlotEncoder(std::vector<std::pair<std::uint32_t, bool>> nodes) {
  for (const auto& [buffers, is_view] : nodes) nodes_.push_back({buffers, is_view});
}

void SlotEncoder::plan_file(const PartSink& sink) {
  form_ = std::make_shared<const ipc::SlotForm>(sink.parts(), nodes_);
  plan_.lay_out(form_, sink.parts(), form_->first_message());
}

void SlotEncoder::plan_batch(const PartSink& sink) {
  if (form_ == nullptr) throw std::logic_error("plan_batch before plan_file");
  plan_.lay_out(form_, sink.parts(), 0);
}

}  // namespace qads::python
