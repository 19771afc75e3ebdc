#include "footer.hpp"

#include <algorithm>
#include <utility>

#include "layout.hpp"
#include "schema.hpp"

namespace qads::ipc {
namespace {

namespace footer_field {
enum : uint32_t { kVersion, kSchema, kDictionaries, kRecordBatches, kCustomMetadata };
}

constexpr uint32_t kBlockBytes = 24;  // offset i64, metadata length i32, 4 bytes of padding, body length i64
constexpr uint32_t kPrefixBytes = 8;  // of a message: continuation and length; counted by metaDataLength
constexpr size_t kMaxExtraBytes = 4096;
constexpr size_t kMaxFormsPerShape = 4;  // writers of one arena differ little

Range range_of(const Span& blocks) { return {blocks.pos, blocks.pos + blocks.count * kBlockBytes}; }

/// Whether the footer in the slot is `form` but for the contents of its blocks.
bool has_form(const uint8_t* footer, uint32_t length, const FooterForm& form) {
  if (form.bytes.size() != length) return false;
  Range first = range_of(form.dictionaries);
  Range second = range_of(form.record_batches);
  if (second.begin < first.begin) std::swap(first, second);
  const uint8_t* bytes = form.bytes.data();
  return std::memcmp(footer, bytes, first.begin) == 0 &&
         std::memcmp(footer + first.end, bytes + first.end, second.begin - first.end) == 0 &&
         std::memcmp(footer + second.end, bytes + second.end, length - second.end) == 0;
}

bool check_block(const uint8_t* block, uint64_t place, const double* words, Failure& failure) {
  const auto offset = load<int64_t>(block);
  const auto metadata_length = load<int32_t>(block + 8);
  const auto body_length = load<int64_t>(block + 16);
  const auto start = static_cast<int64_t>(words[kBlockMetadataOffset]) - kPrefixBytes;
  if (offset != start ||
      metadata_length != static_cast<int64_t>(words[kBlockMetadataLength]) + kPrefixBytes ||
      body_length != static_cast<int64_t>(words[kBlockBodyLength])) {
    return failure.set("footer points to another place than the message", place);
  }
  return true;
}

bool check_blocks(const uint8_t* footer, uint64_t offset, const FooterForm& form,
                  const std::vector<double>& layout, Failure& failure) {
  const auto dictionaries = static_cast<uint32_t>(layout[kLayoutDictionaryBatches]);
  if (form.dictionaries.count != dictionaries || form.record_batches.count != 1) {
    return failure.set("footer lists another number of batches than the slot holds", offset);
  }
  const double* words = layout.data() + kLayoutWords;
  for (uint32_t i = 0; i <= dictionaries; ++i) {
    const uint32_t pos = i < dictionaries ? form.dictionaries.pos + i * kBlockBytes : form.record_batches.pos;
    if (!check_block(footer + pos, offset + pos, words, failure)) return false;
    words += block_words(words);
  }
  return true;
}

/// Arrow C++ writes V5 into every footer. Between V4 and V5 only unions differ; where there are any, a reader
/// that goes by the footer must not take them for the others.
bool versions_agree(int16_t footer_version, const Shape& shape) {
  return footer_version == shape.version ||
         (footer_version == kMetadataV5 && shape.version == kMetadataV4 && !shape.has_unions);
}

bool check_form(FooterForm& form, uint64_t offset, const Shape& shape, Failure& failure) {
  FlatBuffer buffer(form.bytes.data(), static_cast<uint32_t>(form.bytes.size()), offset, failure);
  Table footer, schema;
  bool present;
  if (!buffer.root(footer)) return false;
  if (!buffer.vector(footer, footer_field::kDictionaries, kBlockBytes, form.dictionaries)) return false;
  if (!buffer.vector(footer, footer_field::kRecordBatches, kBlockBytes, form.record_batches)) return false;
  // The blocks of later footers are not compared with this one's, so nothing else may lie in them.
  const Range dictionaries = range_of(form.dictionaries);
  const Range record_batches = range_of(form.record_batches);
  if (dictionaries.begin < record_batches.end && record_batches.begin < dictionaries.end) {
    return buffer.fail("footer blocks overlap", footer.pos);
  }
  buffer.forbid(dictionaries, record_batches);
  if (!buffer.root(footer)) return false;
  int16_t version;
  if (!buffer.scalar<int16_t>(footer, footer_field::kVersion, 0, version)) return false;
  if (!versions_agree(version, shape))
    return buffer.fail("metadata version of the footer differs", footer.pos);
  if (!check_custom_metadata(buffer, footer, footer_field::kCustomMetadata, nullptr)) return false;
  if (!buffer.subtable(footer, footer_field::kSchema, schema, present)) return false;
  if (!present) return buffer.fail("footer has no schema", footer.pos);
  Shape own;
  own.version = version;
  if (!compile_schema(buffer, schema, own)) return false;
  if (own.signature != shape.signature)
    return buffer.fail("schema of the footer differs from the slot's", schema.pos);
  return true;
}

}  // namespace

bool check_footer(const uint8_t* footer, uint64_t offset, uint32_t length, Shape& shape,
                  const std::vector<double>& layout, Failure& failure) {
  for (const FooterForm& form : shape.footers) {
    if (has_form(footer, length, form)) return check_blocks(footer, offset, form, layout, failure);
  }
  FooterForm form;
  form.bytes.assign(footer, footer + length);
  if (!check_form(form, offset, shape, failure)) return false;
  if (!check_blocks(footer, offset, form, layout, failure)) return false;
  // A footer is its schema and a few numbers; what is much longer is not worth the memory.
  if (length > 2 * shape.schema_bytes.size() + kMaxExtraBytes) return true;
  if (shape.footers.size() < kMaxFormsPerShape) {
    shape.footers.push_back(std::move(form));
  } else {
    shape.footers[shape.next_footer++ % kMaxFormsPerShape] = std::move(form);
  }
  return true;
}

}  // namespace qads::ipc
