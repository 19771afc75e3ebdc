#include "slot_plan.hpp"

#include <cstring>
#include <utility>

#include "ipc/flatbuffer.hpp"

namespace qads::ipc {
namespace {

constexpr uint64_t kMagicBytes = 8;     // "ARROW1" and two bytes of padding
constexpr uint64_t kTrailerBytes = 10;  // footer length and "ARROW1"
constexpr uint64_t kPrefixBytes = 8;    // of a message: continuation marker and metadata length
constexpr uint32_t kContinuation = 0xFFFFFFFF;
constexpr uint32_t kBlockBytes =
    24;  // of the footer: offset i64, metadata length i32, padding, body length i64
constexpr uint64_t kViewBytes = 16;

enum FooterField : uint32_t { kDictionaries = 2, kRecordBatches = 3 };

uint64_t align_up(uint64_t value) {
  return (value + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
}

template <typename T>
void store(uint8_t* to, T value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

template <typename T>
T value_at(const IpcParts& parts, uint64_t position) {
  if (position + sizeof(T) > parts.size()) refuse_ipc("its output ends too early");
  T value;
  parts.copy(position, sizeof value, reinterpret_cast<uint8_t*>(&value));
  return value;
}

/// Length of the metadata of the message at `position`; 0 at the end of stream.
uint32_t metadata_length(const IpcParts& parts, uint64_t position) {
  if (value_at<uint32_t>(parts, position) != kContinuation)
    refuse_ipc("a message without a continuation marker");
  const auto length = value_at<uint32_t>(parts, position + 4);
  if (length > parts.size() - position - kPrefixBytes) refuse_ipc("a message longer than the output");
  return length;
}

void write_prefix(uint8_t* to, uint32_t length) noexcept {
  store(to, kContinuation);
  store(to + 4, length);
}

}  // namespace

SlotForm::SlotForm(const IpcParts& file, std::vector<NodeLayout> nodes) : nodes_(std::move(nodes)) {
  if (file.size() < kMagicBytes + kTrailerBytes) refuse_ipc("a file without a footer");
  const uint64_t head = kMagicBytes + kPrefixBytes + metadata_length(file, kMagicBytes);
  head_.resize(head);
  file.copy(0, head, head_.data());
  const uint64_t trailer = file.size() - kTrailerBytes;
  const auto length = value_at<uint32_t>(file, trailer);
  if (length > trailer - head) refuse_ipc("a footer longer than the file");
  footer_.resize(length + kTrailerBytes);
  file.copy(trailer - length, footer_.size(), footer_.data());

  Failure failure;
  FlatBuffer buffer(footer_.data(), length, trailer - length, failure);
  Table footer;
  Span dictionaries, batches;
  if (!buffer.root(footer) || !buffer.vector(footer, kDictionaries, kBlockBytes, dictionaries) ||
      !buffer.vector(footer, kRecordBatches, kBlockBytes, batches)) {
    refuse_ipc(failure.reason);
  }
  if (batches.count != 1) refuse_ipc("a file that has not exactly one record batch");
  dictionary_blocks_ = dictionaries.pos;
  dictionary_count_ = dictionaries.count;
  record_batch_block_ = batches.pos;
}

bool SlotForm::describes(const BatchMessage& message) const noexcept {
  if (nodes_.empty() || nodes_.size() != message.node_count()) return false;
  uint64_t buffers = 0;
  uint32_t views = 0;
  for (const NodeLayout& node : nodes_) {
    buffers += node.buffers;
    if (!node.is_view) continue;
    if (views >= message.variadic_count()) return false;
    buffers += message.variadic(views++);
  }
  return buffers == message.buffer_count() && views == message.variadic_count();
}

void SlotPlan::lay_out(std::shared_ptr<const SlotForm> form, const IpcParts& parts, uint64_t position) {
  form_ = std::move(form);
  parts_ = &parts;
  messages_.clear();
  metadata_.clear();
  segments_.clear();
  gathers_.clear();
  has_batch_ = false;
  end_ = form_->head_.size();
  while (!has_batch_ && add_message(position)) {
  }
  if (!has_batch_) refuse_ipc("no record batch");
  if (messages_.size() != form_->dictionary_count_ + 1) {
    refuse_ipc("another number of dictionaries than the footer lists");
  }
  size_ = end_ + kPrefixBytes + form_->footer_.size();
}

bool SlotPlan::add_message(uint64_t& position) {
  if (position >= parts_->size()) return false;
  const uint32_t length = metadata_length(*parts_, position);
  if (length == 0) return false;

  Message added{};
  added.begin = end_;
  added.body = align_up(end_ + kPrefixBytes + length);
  added.metadata_begin = metadata_.size();
  // The padding that brings the body to its alignment belongs to the metadata.
  added.metadata_length = static_cast<uint32_t>(added.body - end_ - kPrefixBytes);
  metadata_.resize(metadata_.size() + added.metadata_length);
  uint8_t* metadata = metadata_.data() + added.metadata_begin;
  parts_->copy(position + kPrefixBytes, length, metadata);

  position += kPrefixBytes + length;
  BatchMessage message(metadata, added.metadata_length);
  if (message.body_length() > parts_->size() - position) refuse_ipc("a body longer than the output");
  Body body{message, position, added.body, 0, 0};
  place_buffers(body);
  position += message.body_length();
  message.set_buffer_count(body.buffers);
  message.set_body_length(body.length);
  added.body_length = body.length;
  end_ = added.body + body.length;
  has_batch_ = message.is_record_batch();
  rows_ = message.rows();
  messages_.push_back(added);
  return true;
}

void SlotPlan::place_buffers(Body& body) {
  if (body.message.is_record_batch() && form_->describes(body.message)) {
    place_by_node(body);
  } else {
    for (uint32_t i = 0; i < body.message.buffer_count(); ++i) place(body, body.message.buffer(i));
  }
}

void SlotPlan::place_by_node(Body& body) {
  uint32_t from = 0;
  uint32_t view_column = 0;
  for (uint32_t node = 0; node < form_->nodes_.size(); ++node) {
    const NodeLayout& layout = form_->nodes_[node];
    if (!layout.is_view) {
      for (uint32_t i = 0; i < layout.buffers; ++i) place(body, body.message.buffer(from++));
      continue;
    }
    const uint64_t data_buffers = body.message.variadic(view_column);
    if (gather_views(body, from, body.message.node_rows(node), data_buffers)) {
      body.message.set_variadic(view_column, 1);
      from += layout.buffers + static_cast<uint32_t>(data_buffers);
    } else {
      for (uint64_t i = 0; i < layout.buffers + data_buffers; ++i) place(body, body.message.buffer(from++));
    }
    ++view_column;
  }
}

bool SlotPlan::gather_views(Body& body, uint32_t first, uint64_t rows, uint64_t data_buffers) {
  if (data_buffers == 0) return false;
  const BatchMessage::Buffer validity = body.message.buffer(first);
  const BatchMessage::Buffer views = body.message.buffer(first + 1);
  const uint8_t* bits = validity.length > 0 ? bytes_of(body, validity, (rows + 7) / 8) : nullptr;
  const uint8_t* bytes = bytes_of(body, views, rows * kViewBytes);
  if (bytes == nullptr || (bits == nullptr && validity.length > 0)) return false;
  std::vector<IpcParts::Piece> data;
  for (uint64_t i = 0; i < data_buffers; ++i) {
    const auto buffer = body.message.buffer(first + 2 + static_cast<uint32_t>(i));
    const uint8_t* start = bytes_of(body, buffer, buffer.length);
    if (start == nullptr && buffer.length > 0) return false;
    data.push_back({start, buffer.length});
  }
  auto gather = plan_gather(bytes, bits, rows, std::move(data));
  if (!gather) return false;
  const uint64_t index = gathers_.size();
  place(body, validity);
  add_segment(body, index, rows * kViewBytes, Fill::gathered_views);
  add_segment(body, index, gather->referenced, Fill::gathered_data);
  gathers_.push_back(std::move(*gather));
  return true;
}

/// Where a buffer lies in memory, if its first `length` bytes are in one piece.
const uint8_t* SlotPlan::bytes_of(const Body& body, BatchMessage::Buffer buffer,
                                  uint64_t length) const noexcept {
  if (length == 0 || buffer.length < length || buffer.offset > body.message.body_length() ||
      buffer.length > body.message.body_length() - buffer.offset) {
    return nullptr;
  }
  const IpcParts::Piece piece = parts_->piece_at(body.source + buffer.offset);
  return piece.length < length ? nullptr : piece.data;
}

void SlotPlan::place(Body& body, BatchMessage::Buffer buffer) {
  const uint64_t source_length = body.message.body_length();
  if (buffer.offset > source_length || buffer.length > source_length - buffer.offset) {
    refuse_ipc("a buffer outside of its body");
  }
  add_segment(body, body.source + buffer.offset, buffer.length, Fill::copy);
}

void SlotPlan::add_segment(Body& body, uint64_t from, uint64_t length, Fill fill) {
  // In place: buffers only become fewer, so what is overwritten has been read.
  body.message.set_buffer(body.buffers++, {body.length, length});
  segments_.push_back({from, body.to + body.length, length, fill});
  body.length = align_up(body.length + length);
}

void SlotPlan::write_to(uint8_t* slot) const noexcept {
  uint64_t written = form_->head_.size();
  std::memcpy(slot, form_->head_.data(), written);
  const auto zero_until = [&](uint64_t end) {
    std::memset(slot + written, 0, end - written);
    written = end;
  };
  auto segment = segments_.begin();
  for (const Message& message : messages_) {
    write_prefix(slot + written, message.metadata_length);
    std::memcpy(slot + written + kPrefixBytes, metadata_.data() + message.metadata_begin,
                message.metadata_length);
    written = message.body;
    const uint64_t end = message.body + message.body_length;
    for (; segment != segments_.end() && segment->to + segment->length <= end; ++segment) {
      zero_until(segment->to);
      if (segment->fill == Fill::copy) {
        parts_->copy(segment->from, segment->length, slot + written);
      } else if (segment->fill == Fill::gathered_views) {
        gathers_[segment->from].write(slot + segment->to, slot + std::next(segment)->to);
      }
      written += segment->length;
    }
    zero_until(end);
  }
  write_prefix(slot + written, 0);  // end of stream
  write_footer(slot + written + kPrefixBytes);
}

void SlotPlan::write_footer(uint8_t* to) const noexcept {
  std::memcpy(to, form_->footer_.data(), form_->footer_.size());
  for (size_t i = 0; i < messages_.size(); ++i) {
    const Message& message = messages_[i];
    const bool is_batch = i + 1 == messages_.size();
    uint8_t* block = to + (is_batch ? form_->record_batch_block_
                                    : form_->dictionary_blocks_ + static_cast<uint32_t>(i) * kBlockBytes);
    store(block, message.begin);
    store(block + 8, static_cast<uint32_t>(kPrefixBytes) + message.metadata_length);
    store(block + 16, message.body_length);
  }
}

}  // namespace qads::ipc
