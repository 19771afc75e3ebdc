#include "batch_decoder.hpp"

#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/message.h>
#include <arrow/ipc/reader.h>

#include <utility>

#include "ipc/layout.hpp"
#include "status.hpp"

namespace qads::arrow {
namespace {

using ::arrow::ipc::Message;

constexpr std::int64_t kPrefixBytes = 8;  // of a message, before its metadata
constexpr std::size_t kMaxSchemas = 64;

::arrow::ipc::IpcReadOptions read_options() {
  auto options = ::arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  return options;
}

::arrow::Result<std::unique_ptr<Message>> open(const std::shared_ptr<::arrow::Buffer>& slot,
                                               const SlotMessage& message) {
  return Message::Open(std::make_shared<::arrow::Buffer>(message.metadata, message.metadata_length),
                       ::arrow::SliceBuffer(slot, message.body_offset, message.body_length));
}

/// The messages of a slot, one after another.
class SlotMessageReader : public ::arrow::ipc::MessageReader {
 public:
  SlotMessageReader(std::shared_ptr<::arrow::Buffer> slot, const SlotMessages& messages)
      : slot_(std::move(slot)), messages_(messages.all) {}

  ::arrow::Result<std::unique_ptr<Message>> ReadNextMessage() override {
    if (next_ == messages_.size()) return nullptr;
    return open(slot_, messages_[next_++]);
  }

 private:
  std::shared_ptr<::arrow::Buffer> slot_;
  const std::vector<SlotMessage>& messages_;
  std::size_t next_ = 0;
};

}  // namespace

SlotMessages::SlotMessages(qads_reader* reader, const qads_batch& batch) {
  const std::uint8_t* bytes = nullptr;
  std::uint64_t length = 0;
  checked(qads_reader_messages(reader, &bytes, &length));
  const auto add = [&](double metadata_length, double body_offset, double body_length) {
    const auto bytes_of_metadata = static_cast<std::int64_t>(metadata_length);
    all.push_back({bytes + kPrefixBytes, bytes_of_metadata, static_cast<std::int64_t>(body_offset),
                   static_cast<std::int64_t>(body_length)});
    bytes += kPrefixBytes + bytes_of_metadata;
  };
  const double dictionaries = batch.layout[kLayoutDictionaryBatches];
  all.reserve(static_cast<std::size_t>(dictionaries) + 2);
  add(batch.layout[kLayoutSchemaLength], 0, 0);
  const double* block = batch.layout + kLayoutWords;
  for (double left = dictionaries; left >= 0; --left, block += block_words(block)) {
    add(block[kBlockMetadataLength], block[kBlockBodyOffset], block[kBlockBodyLength]);
    unseen |= static_cast<int>(block[kBlockCompression]) != kUncompressed;
  }
  unseen = unseen && qads_reader_verifies(reader) == QADS_VERIFY_VALUES;
}

::arrow::Result<Decoded> BatchDecoder::decode(const std::shared_ptr<::arrow::Buffer>& slot,
                                              const SlotMessages& messages, std::uint32_t schema_id) {
  ARROW_ASSIGN_OR_RAISE(auto decoded, read(slot, messages, schema_id));
  if (messages.unseen) ARROW_RETURN_NOT_OK(decoded.batch->ValidateFull());
  return decoded;
}

::arrow::Result<Decoded> BatchDecoder::read(const std::shared_ptr<::arrow::Buffer>& slot,
                                            const SlotMessages& messages, std::uint32_t schema_id) {
  auto known = schemas_.find(schema_id);
  if (known == schemas_.end()) {
    ARROW_ASSIGN_OR_RAISE(const auto message, open(slot, messages.all.front()));
    ::arrow::ipc::DictionaryMemo memo;
    ARROW_ASSIGN_OR_RAISE(auto schema, ::arrow::ipc::ReadSchema(*message, &memo));
    if (schemas_.size() >= kMaxSchemas) schemas_.clear();
    known = schemas_.emplace(schema_id, KnownSchema{std::move(schema), memo.fields().num_fields() > 0}).first;
  }
  // The dictionaries of a slot are its own: it is read from its beginning.
  if (known->second.has_dictionaries) {
    ARROW_ASSIGN_OR_RAISE(const auto reader,
                          ::arrow::ipc::RecordBatchStreamReader::Open(
                              std::make_unique<SlotMessageReader>(slot, messages), read_options()));
    ARROW_ASSIGN_OR_RAISE(auto next, reader->ReadNext());
    return Decoded{std::move(next.batch), std::move(next.custom_metadata)};
  }
  const ::arrow::ipc::DictionaryMemo none;
  ARROW_ASSIGN_OR_RAISE(const auto message, open(slot, messages.all.back()));
  ARROW_ASSIGN_OR_RAISE(auto batch,
                        ::arrow::ipc::ReadRecordBatch(*message, known->second.schema, &none, read_options()));
  return Decoded{std::move(batch), message->custom_metadata()};
}

}  // namespace qads::arrow
