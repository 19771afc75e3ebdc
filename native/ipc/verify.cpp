#include "verify.hpp"

#include <algorithm>
#include <utility>

#include "batch.hpp"
#include "footer.hpp"
#include "hash.hpp"
#include "layout.hpp"
#include "schema.hpp"
#include "shape.hpp"
#include "values.hpp"

namespace qads {

using ipc::Failure;
using ipc::FlatBuffer;
using ipc::kContinuation;
using ipc::kMaxSafeInteger;
using ipc::kNone;
using ipc::KnownSlot;
using ipc::load;
using ipc::Message;
using ipc::Shape;
using ipc::Span;
using ipc::Table;

namespace {

namespace message_field {
enum : uint32_t { kVersion, kHeaderType, kHeader, kBodyLength, kCustomMetadata };
}
namespace dictionary_batch_field {
enum : uint32_t { kId, kData, kIsDelta };
}
/// Members of the union MessageHeader.
enum HeaderType : uint8_t { kSchemaHeader = 1, kDictionaryBatchHeader, kRecordBatchHeader };

constexpr uint64_t kMagic = 0x00003157'4F525241u;        // "ARROW1\0\0"
constexpr uint64_t kEndOfStream = 0x00000000'FFFFFFFFu;  // continuation marker and a length of 0
constexpr uint64_t kPrefixBytes = ipc::kMessagePrefixBytes;
constexpr uint64_t kTrailerBytes = 10;  // footer length and "ARROW1"
constexpr uint64_t kMaxLeadingPadding = 64;
constexpr uint32_t kMaxMetadataBytes = 64u << 20;
constexpr size_t kMaxShapes = 16;
// A hostile writer could otherwise make a reader remember as many huge schemas.
constexpr size_t kMaxRememberedBytes = 32u << 20;

/// Reads the length prefix at `pos`; the metadata ends before `limit`.
bool open_message(const uint8_t* slot, uint64_t pos, uint64_t limit, Message& out, Failure& failure) {
  if (limit - pos < kPrefixBytes) return failure.set("slot ends where a message should start", pos);
  const auto prefix = load<uint64_t>(slot + pos);
  if (static_cast<uint32_t>(prefix) != kContinuation)
    return failure.set("message has no continuation marker", pos);
  const auto length = static_cast<uint32_t>(prefix >> 32);
  if (length == 0) return failure.set("stream ends before its record batch", pos);
  if (length % 8 != 0) return failure.set("length of message metadata is not a multiple of 8", pos + 4);
  if (length > kMaxMetadataBytes) return failure.set("message metadata is longer than 64 MiB", pos + 4);
  if (length > limit - pos - kPrefixBytes)
    return failure.set("message metadata goes beyond the slot", pos + 4);
  out.start = pos;
  out.metadata_offset = pos + kPrefixBytes;
  out.metadata_length = length;
  out.body_offset = out.metadata_offset + length;
  out.body_length = 0;
  return true;
}

bool open_schema_message(const uint8_t* slot, uint64_t limit, Message& out, Failure& failure) {
  if (limit < kPrefixBytes || load<uint64_t>(slot) != kMagic)
    return failure.set("slot does not start with ARROW1", 0);
  uint64_t pos = kPrefixBytes;
  // arrow-rs aligns its first message to 64 bytes.
  while (pos < kMaxLeadingPadding && limit - pos >= kPrefixBytes && load<uint64_t>(slot + pos) == 0) pos += 8;
  return open_message(slot, pos, limit, out, failure);
}

struct MessageTable {
  int16_t version = 0;
  uint8_t header_type = 0;
  Table header;
  int64_t body_length = 0;
  bool has_metadata = false;
};

bool read_message_table(FlatBuffer& buffer, MessageTable& out) {
  Table message;
  bool present;
  if (!buffer.root(message)) return false;
  if (!buffer.scalar<int16_t>(message, message_field::kVersion, 0, out.version)) return false;
  if (!buffer.scalar<uint8_t>(message, message_field::kHeaderType, 0, out.header_type)) return false;
  if (!buffer.subtable(message, message_field::kHeader, out.header, present)) return false;
  if (!present) return buffer.fail("message has no header", message.pos);
  if (!buffer.scalar<int64_t>(message, message_field::kBodyLength, 0, out.body_length)) return false;
  Span entries;
  if (!buffer.vector(message, message_field::kCustomMetadata, 4, entries)) return false;
  out.has_metadata = entries.count > 0;
  return ipc::check_custom_metadata(buffer, message, message_field::kCustomMetadata, nullptr);
}

bool compile_schema_message(const uint8_t* bytes, const Message& message, Shape& shape, Failure& failure) {
  FlatBuffer buffer(bytes, message.metadata_length, message.metadata_offset, failure);
  MessageTable table;
  if (!read_message_table(buffer, table)) return false;
  if (table.header_type != kSchemaHeader) return buffer.fail("first message is not a schema", 0);
  if (table.version != ipc::kMetadataV4 && table.version != ipc::kMetadataV5) {
    return buffer.fail("metadata version is not V4 or V5", 0);
  }
  if (table.body_length != 0) return buffer.fail("schema message has a body", 0);
  shape.version = table.version;
  return ipc::compile_schema(buffer, table.header, shape);
}

/// An upper estimate: what is compiled from the schema's bytes and the footers kept are proportional to them.
size_t remembered_bytes(const Shape& shape) { return shape.schema_bytes.size() * 12; }

}  // namespace

SlotVerifier::SlotVerifier() = default;
SlotVerifier::~SlotVerifier() = default;

VerifyResult SlotVerifier::verify(const uint8_t* slot, size_t length, std::vector<double>& layout) {
  VerifyResult result;
  known_ = memo_.find(slot, length);
  if (known_ != nullptr) {
    layout = known_->layout;
    shape_ = known_->shape;
    shape_->last_used = ++clock_;
    dictionary_rows_.clear();
    identify(result);
    return result;
  }
  layout.assign(kLayoutWords, 0.0);
  Failure failure;
  if (check(slot, length, layout, failure)) {
    identify(result);
  } else {
    layout.clear();
    result.reason = failure.reason;
    result.offset = failure.offset;
  }
  return result;
}

void SlotVerifier::identify(VerifyResult& result) const noexcept {
  result.fingerprint = shape_->fingerprint;
  result.schema_id = shape_->id;
  result.layout_id = known_ == nullptr ? 0 : known_->layout_id;
}

bool SlotVerifier::check(const uint8_t* slot, uint64_t length, std::vector<double>& layout,
                         Failure& failure) {
  if (length < 2 * kPrefixBytes + kTrailerBytes)
    return failure.set("slot is too short for an Arrow file", length);
  if (length >= static_cast<uint64_t>(kMaxSafeInteger)) return failure.set("slot is too long", 0);
  const uint64_t trailer = length - kTrailerBytes;
  const auto magic_end = load<uint64_t>(slot + length - 8);
  const auto footer_length = load<uint32_t>(slot + trailer);
  if (magic_end >> 16 != kMagic) return failure.set("slot does not end with ARROW1", length - 6);
  if (footer_length == 0 || footer_length > kMaxMetadataBytes)
    return failure.set("footer length is impossible", trailer);
  if (footer_length > trailer - kPrefixBytes) return failure.set("footer is longer than the slot", trailer);
  const uint64_t footer = trailer - footer_length;
  if (footer % 8 != 0) return failure.set("footer is not aligned to 8 bytes", footer);

  Message schema, batch;
  if (!open_schema_message(slot, footer, schema, failure)) return false;
  if (!use_schema(slot, schema, failure)) return false;
  layout[kLayoutSchemaOffset] = static_cast<double>(schema.metadata_offset);
  layout[kLayoutSchemaLength] = schema.metadata_length;
  messages_.begin(schema.metadata_length);
  if (!check_messages(slot, schema, footer, batch, layout, failure)) return false;

  // From here on a slot to be remembered is read from its copy, so that the copy is what was checked. Rows of
  // dictionaries, which verify_values() needs, are not remembered.
  const bool by_metadata = !reads_body_ && shape_->dictionaries.empty();
  KnownSlot* const draft = by_metadata ? memo_.draft(slot, length, batch, layout.size()) : nullptr;
  const uint8_t* const tail = draft == nullptr ? slot + batch.end() : draft->tail.data();
  const uint64_t left = footer - batch.end();
  if (left < kPrefixBytes || load<uint64_t>(tail) != kEndOfStream) {
    return failure.set("record batch is not followed by the end of the stream", batch.end());
  }
  if (!ipc::check_footer(tail + left, footer, footer_length, *shape_, layout, failure)) return false;
  if (draft != nullptr) remember(*draft, schema, batch, footer_length, layout);
  return true;
}

bool SlotVerifier::check_messages(const uint8_t* slot, const Message& schema, uint64_t limit, Message& batch,
                                  std::vector<double>& layout, Failure& failure) {
  reads_body_ = false;
  dictionary_rows_.assign(shape_->dictionaries.size(), -1);
  uint64_t pos = schema.end();
  uint64_t dictionaries = 0;
  for (bool is_record_batch = false; !is_record_batch; ++dictionaries) {
    if (!open_message(slot, pos, limit, batch, failure)) return false;
    if (!check_message(slot, batch, limit, is_record_batch, layout, failure)) return false;
    pos = batch.end();
  }
  layout[kLayoutDictionaryBatches] = static_cast<double>(dictionaries - 1);
  return true;
}

bool SlotVerifier::check_message(const uint8_t* slot, Message& message, uint64_t limit, bool& is_record_batch,
                                 std::vector<double>& layout, Failure& failure) {
  FlatBuffer buffer(messages_.add(slot, message), message.metadata_length, message.metadata_offset, failure);

  MessageTable table;
  if (!read_message_table(buffer, table)) return false;
  if (table.version != shape_->version) return buffer.fail("metadata version differs from the schema's", 0);
  const auto body_length = static_cast<uint64_t>(table.body_length);
  if (body_length > limit - message.body_offset) return buffer.fail("message body goes beyond the slot", 0);
  if (body_length % 8 != 0) return buffer.fail("length of message body is not a multiple of 8", 0);
  message.body_length = body_length;

  ipc::BatchCheck check{slot,     message, &shape_->columns, -1, false, table.has_metadata, &dictionary_rows_,
                        &needed_, &layout, &reads_body_};
  int64_t rows;
  if (table.header_type == kRecordBatchHeader) {
    is_record_batch = true;
    if (!ipc::check_batch(buffer, table.header, check, rows)) return false;
    layout[kLayoutRows] = static_cast<double>(rows);
    return true;
  }
  if (table.header_type != kDictionaryBatchHeader)
    return buffer.fail("message is neither dictionary nor record batch", 0);

  uint8_t is_delta;
  Table data;
  bool present;
  if (!buffer.scalar<int64_t>(table.header, dictionary_batch_field::kId, 0, check.dictionary_id))
    return false;
  if (!buffer.scalar<uint8_t>(table.header, dictionary_batch_field::kIsDelta, 0, is_delta)) return false;
  if (!buffer.subtable(table.header, dictionary_batch_field::kData, data, present)) return false;
  if (!present) return buffer.fail("dictionary batch has no data", table.header.pos);
  const uint32_t dictionary = shape_->find_dictionary(check.dictionary_id);
  if (dictionary == kNone) return buffer.fail("dictionary id is not in the schema", table.header.pos);
  check.is_delta = is_delta != 0;
  int64_t& total = dictionary_rows_[dictionary];
  if (check.is_delta != (total >= 0)) {
    return buffer.fail(
        check.is_delta ? "dictionary delta without a dictionary" : "dictionary is replaced in one slot",
        table.header.pos);
  }
  check.program = &shape_->dictionaries[dictionary].values;
  if (!ipc::check_batch(buffer, data, check, rows)) return false;
  total = std::max<int64_t>(total, 0) + rows;
  return total <= ipc::kMaxRows || buffer.fail("dictionary is longer than 2^31 - 1", table.header.pos);
}

MessageBytes SlotVerifier::messages() noexcept {
  if (known_ == nullptr) return messages_.complete(shape_->schema_bytes);
  // Nothing lies between the two messages of a slot that is remembered.
  const auto start = static_cast<size_t>(known_->layout[kLayoutSchemaOffset]) - kPrefixBytes;
  return {known_->head.data() + start, known_->head.size() - start};
}

VerifyResult SlotVerifier::verify_values(const uint8_t* slot,
                                         const std::vector<double>& layout) const noexcept {
  VerifyResult result;
  Failure failure;
  const double* words = layout.data() + kLayoutWords;
  for (double left = layout[kLayoutDictionaryBatches]; left >= 0 && failure.reason == nullptr; --left) {
    const auto id = static_cast<int64_t>(words[kBlockDictionaryId]);
    const ipc::Program& program =
        left == 0 ? shape_->columns : shape_->dictionaries[shape_->find_dictionary(id)].values;
    if (words[kBlockCompression] == kUncompressed) {
      ipc::check_block_values(slot, words, program, dictionary_rows_, failure);
    }
    words += block_words(words);
  }
  identify(result);
  result.reason = failure.reason;
  result.offset = failure.offset;
  return result;
}

bool SlotVerifier::use_schema(const uint8_t* slot, const Message& message, Failure& failure) {
  const uint8_t* const bytes = slot + message.metadata_offset;
  const auto same = [&](const Shape& shape) {
    return shape.schema_bytes.size() == message.metadata_length &&
           std::memcmp(shape.schema_bytes.data(), bytes, message.metadata_length) == 0;
  };
  if (shape_ == nullptr || !same(*shape_)) {
    shape_ = nullptr;
    for (const auto& shape : shapes_) {
      if (same(*shape)) shape_ = shape.get();
    }
  }
  if (shape_ == nullptr) {
    auto shape = std::make_unique<Shape>();
    shape->schema_bytes.assign(bytes, bytes + message.metadata_length);
    if (!compile_schema_message(shape->schema_bytes.data(), message, *shape, failure)) return false;
    shape->fingerprint = hash64(shape->schema_bytes.data(), shape->schema_bytes.size());
    shape->id = next_schema_id_++;
    remember(std::move(shape));
  }
  shape_->last_used = ++clock_;
  return true;
}

void SlotVerifier::remember(std::unique_ptr<Shape> shape) {
  const auto older = [](const auto& a, const auto& b) { return a->last_used < b->last_used; };
  size_t total = remembered_bytes(*shape);
  for (const auto& other : shapes_) total += remembered_bytes(*other);
  while (!shapes_.empty() && (shapes_.size() >= kMaxShapes || total > kMaxRememberedBytes)) {
    const auto oldest = std::min_element(shapes_.begin(), shapes_.end(), older);
    total -= remembered_bytes(**oldest);
    memo_.forget(oldest->get());
    shapes_.erase(oldest);
  }
  shapes_.push_back(std::move(shape));
  shape_ = shapes_.back().get();
}

/// Puts the slot together from what was checked, since by now it may say something else.
void SlotVerifier::remember(KnownSlot& draft, const Message& schema, const Message& batch,
                            uint32_t footer_length, const std::vector<double>& layout) {
  draft.head.assign(batch.body_offset, 0);
  uint8_t* const head = draft.head.data();
  const auto put_message = [head](const Message& message, const void* metadata) {
    const uint64_t prefix = ipc::message_prefix(message.metadata_length);
    std::memcpy(head + message.start, &prefix, sizeof prefix);
    std::memcpy(head + message.metadata_offset, metadata, message.metadata_length);
  };
  std::memcpy(head, &kMagic, sizeof kMagic);
  put_message(schema, shape_->schema_bytes.data());
  put_message(batch, messages_.last());
  uint8_t* const trailer = draft.tail.data() + draft.tail.size() - kTrailerBytes;
  std::memcpy(trailer, &footer_length, sizeof footer_length);
  std::memcpy(trailer + sizeof footer_length, &kMagic, kTrailerBytes - sizeof footer_length);
  draft.layout = layout;
  draft.shape = shape_;
  known_ = memo_.keep();
}

bool fingerprint_of_slot(const uint8_t* slot, size_t length, uint64_t& fingerprint) noexcept {
  Failure failure;
  Message schema;
  if (!open_schema_message(slot, length, schema, failure)) return false;
  fingerprint = hash64(slot + schema.metadata_offset, schema.metadata_length);
  return true;
}

const char* schema_refusal(const uint8_t* slot, size_t length) {
  Failure failure;
  Message schema;
  if (!open_schema_message(slot, length, schema, failure)) return failure.reason;
  Shape shape;
  const std::vector<uint8_t> bytes = schema_of_slot(slot, length);
  return compile_schema_message(bytes.data(), schema, shape, failure) ? nullptr : failure.reason;
}

std::vector<uint8_t> schema_of_slot(const uint8_t* slot, size_t length) {
  Failure failure;
  Message schema;
  if (!open_schema_message(slot, length, schema, failure)) return {};
  const uint8_t* const bytes = slot + schema.metadata_offset;
  return {bytes, bytes + schema.metadata_length};
}

uint64_t SlotFingerprints::of(const uint8_t* slot, size_t length) noexcept {
  Failure failure;
  Message schema;
  if (!open_schema_message(slot, length, schema, failure)) return 0;
  const uint8_t* const bytes = slot + schema.metadata_offset;
  if (schema.metadata_length == schema_.size() && std::memcmp(bytes, schema_.data(), schema_.size()) == 0) {
    return fingerprint_;
  }
  const uint64_t fingerprint = hash64(bytes, schema.metadata_length);
  try {
    schema_.assign(bytes, bytes + schema.metadata_length);
    fingerprint_ = fingerprint;
  } catch (const std::bad_alloc&) {
    schema_.clear();
  }
  return fingerprint;
}

}  // namespace qads
