#include "slot.hpp"

#include "ipc/layout.hpp"

namespace qads::python {
namespace {

constexpr std::uint64_t kPrefixBytes = 8;  // of a message, before its metadata

std::uint64_t whole(double word) { return static_cast<std::uint64_t>(word); }

}  // namespace

int Slot::take(qads_reader* reader, const qads_batch& batch) {
  const double* const words = batch.layout;
  length = batch.length;
  sequence = batch.sequence;
  schema_id = batch.schema_id;
  schema_begin = whole(words[kLayoutSchemaOffset]) - kPrefixBytes;
  dictionaries = whole(words[kLayoutDictionaryBatches]);
  bool compressed = false;
  const double* block = words + kLayoutWords;
  for (std::uint64_t i = 0;; ++i, block += block_words(block)) {
    compressed = compressed || whole(block[kBlockCompression]) != kUncompressed;
    if (i == dictionaries) break;
  }
  batch_begin = whole(block[kBlockMetadataOffset]) - kPrefixBytes;
  has_metadata = block[kBlockHasMetadata] != 0;
  unseen = compressed && qads_reader_verifies(reader) == QADS_VERIFY_VALUES;

  const int code = qads_reader_take(reader, &lease, &data);
  in_place = code == QADS_OK && batch.copied == 0 && data == batch.data;
  if (!in_place) return code;
  if (dictionaries == 0 && !compressed && !has_metadata) {
    record_batch.assign(block, block + block_words(block));
  }
  return keep_messages(reader, words);
}

int Slot::keep_messages(qads_reader* reader, const double* words) {
  const std::uint8_t* bytes = nullptr;
  std::uint64_t count = 0;
  const int code = qads_reader_messages(reader, &bytes, &count);
  if (code != QADS_OK) return code;
  messages.assign(bytes, bytes + count);
  places.reserve(dictionaries + 2);
  places.emplace_back(whole(words[kLayoutSchemaLength]) + kPrefixBytes, 0, 0);
  const double* block = words + kLayoutWords;
  for (std::uint64_t i = 0; i <= dictionaries; ++i, block += block_words(block)) {
    places.emplace_back(whole(block[kBlockMetadataLength]) + kPrefixBytes, whole(block[kBlockBodyOffset]),
                        whole(block[kBlockBodyLength]));
  }
  return code;
}

}  // namespace qads::python
