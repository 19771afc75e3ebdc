#include "batch.hpp"

#include "layout.hpp"

namespace qads::ipc {
namespace {

namespace batch_field {
enum : uint32_t { kLength, kNodes, kBuffers, kCompression, kVariadicCounts };
}

// Each buffer of a compressed body starts with its uncompressed length; -1 says that it was left as it is.
constexpr uint64_t kPrefixBytes = 8;
constexpr uint64_t kViewBytes = 16;
// No valid frame expands more: an LZ4 match grows by 255 per byte; a Zstandard block takes at least 4 bytes
// and gives at most 128 KiB. A length beyond that only makes a reader allocate memory.
constexpr uint64_t kMaxLz4Ratio = 255;
constexpr uint64_t kMaxZstdRatio = 32768;

struct Region {
  uint64_t length = 0;              // bytes when uncompressed
  const uint8_t* values = nullptr;  // nullptr when they cannot be read in place
};

class BatchChecker {
 public:
  BatchChecker(FlatBuffer& buffer, const BatchCheck& check) : buffer_(buffer), check_(check) {}

  bool check(const Table& batch, int64_t& rows) {
    if (!read_tables(batch)) return false;
    open_block();
    auto& needed = *check_.needed;
    const auto& steps = check_.program->steps;
    if (needed.size() < steps.size()) needed.resize(steps.size());
    for (uint32_t i = 0; i < steps.size(); ++i) {
      if (!check_step(steps[i], i)) return false;
    }
    rows = rows_;
    return true;
  }

 private:
  bool read_tables(const Table& batch) {
    if (!buffer_.scalar<int64_t>(batch, batch_field::kLength, 0, rows_)) return false;
    if (rows_ < 0 || rows_ > kMaxRows)
      return buffer_.fail("number of rows is negative or over 2^31 - 1", batch.pos);
    if (!buffer_.vector(batch, batch_field::kNodes, 16, nodes_)) return false;
    if (!buffer_.vector(batch, batch_field::kBuffers, 16, buffers_)) return false;
    if (!buffer_.vector(batch, batch_field::kVariadicCounts, 8, variadic_)) return false;
    if (!read_compression(batch)) return false;
    const Program& program = *check_.program;
    if (nodes_.count != program.steps.size())
      return buffer_.fail("number of field nodes differs from the schema", batch.pos);
    if (variadic_.count != program.views) {
      return buffer_.fail("number of variadic buffer counts differs from the schema", batch.pos);
    }
    uint64_t expected = program.buffers;
    for (uint32_t i = 0; i < variadic_.count; ++i) {
      const auto count = buffer_.at<int64_t>(variadic_.pos + 8 * i);
      if (count < 0 || count > buffers_.count)
        return buffer_.fail("variadic buffer count is wrong", variadic_.pos + 8 * i);
      expected += static_cast<uint64_t>(count);
    }
    if (buffers_.count != expected)
      return buffer_.fail("number of buffers differs from the schema", batch.pos);
    return true;
  }

  bool read_compression(const Table& batch) {
    Table compression;
    bool present;
    if (!buffer_.subtable(batch, batch_field::kCompression, compression, present)) return false;
    if (!present) return true;
    int8_t codec, method;
    if (!buffer_.scalar<int8_t>(compression, 0, 0, codec) ||
        !buffer_.scalar<int8_t>(compression, 1, 0, method)) {
      return false;
    }
    if (codec < 0 || codec > 1 || method != 0) return buffer_.fail("compression is unknown", compression.pos);
    compression_ = codec == 0 ? kLz4Frame : kZstd;
    return true;
  }

  void open_block() {
    auto& layout = *check_.layout;
    const size_t header = layout.size();
    const size_t nodes = header + kBlockWords;
    const size_t buffers = nodes + 2 * size_t{nodes_.count};
    const size_t variadic = buffers + 2 * size_t{buffers_.count};
    layout.resize(variadic + variadic_.count);
    double* words = layout.data() + header;
    words[kBlockDictionaryId] = static_cast<double>(check_.dictionary_id);
    words[kBlockIsDelta] = check_.is_delta ? 1 : 0;
    words[kBlockRows] = static_cast<double>(rows_);
    words[kBlockMetadataOffset] = static_cast<double>(check_.message.metadata_offset);
    words[kBlockMetadataLength] = check_.message.metadata_length;
    words[kBlockBodyOffset] = static_cast<double>(check_.message.body_offset);
    words[kBlockBodyLength] = static_cast<double>(check_.message.body_length);
    words[kBlockCompression] = compression_;
    words[kBlockNodes] = nodes_.count;
    words[kBlockBuffers] = buffers_.count;
    words[kBlockVariadicCounts] = variadic_.count;
    words[kBlockHasMetadata] = check_.has_metadata ? 1 : 0;
    node_words_ = layout.data() + nodes;
    buffer_words_ = layout.data() + buffers;
    variadic_words_ = layout.data() + variadic;
  }

  bool check_step(const Step& step, uint32_t index) {
    const uint32_t pos = nodes_.pos + 16 * index;
    const auto length = buffer_.at<int64_t>(pos);
    const auto nulls = buffer_.at<int64_t>(pos + 8);
    if (length < 0 || length >= kMaxSafeInteger)
      return buffer_.fail("field node has an impossible length", pos);
    if (!check_nulls(step, length, nulls)) return buffer_.fail("null count is impossible", pos + 8);
    *node_words_++ = static_cast<double>(length);
    *node_words_++ = static_cast<double>(nulls);
    const auto count = static_cast<uint64_t>(length);
    if (step.role == Role::kColumn) {
      if (length != rows_) return buffer_.fail("column length differs from the rows of its batch", pos);
    } else if (step.role == Role::kChild) {
      if (count < (*check_.needed)[step.parent])
        return buffer_.fail("child is shorter than its parent needs", pos);
    }
    if (step.dictionary != kNone && length > nulls && (*check_.dictionary_rows)[step.dictionary] < 0) {
      return buffer_.fail("dictionary batch is missing", pos);
    }
    if (step.has_validity) {
      Region validity;
      if (!take(validity)) return false;
      if (nulls > 0 && validity.length < (count + 7) / 8) return too_small();
    }
    return check_values(step, index, count);
  }

  static bool check_nulls(const Step& step, int64_t length, int64_t nulls) noexcept {
    // apache-arrow writes -1 for null columns inside of lists; nobody looks at the count of a null column.
    if (step.layout == Layout::kNull) return nulls >= -1 && nulls <= length;
    // Where there is no bitmap, a reader that believes in nulls would look into nothing.
    return nulls >= 0 && nulls <= (step.has_validity ? length : 0);
  }

  bool check_values(const Step& step, uint32_t index, uint64_t count) {
    uint64_t& needed = (*check_.needed)[index];
    needed = 0;
    Region region;
    switch (step.layout) {
      case Layout::kNull:
        return true;
      case Layout::kFixed:
        if (step.role == Role::kRunEnds) {
          return take_elements(count, step.width / 8, region) && check_run_ends(step, count, region);
        }
        return step.dictionary == kNone ? take_values(count, step.width, region)
                                        : take_elements(count, step.width / 8, region);
      case Layout::kBinary:
        return check_offsets(step, count, needed) && check_data(needed);
      case Layout::kView:
        return check_views(count);
      case Layout::kList:
        return check_offsets(step, count, needed);
      case Layout::kListView:
        return take_elements(count, step.offset_width, region) &&
               take_elements(count, step.offset_width, region);
      case Layout::kFixedSizeList:
        if (__builtin_mul_overflow(count, step.width, &needed))
          return buffer_.fail("list items overflow", nodes_.pos);
        return true;
      case Layout::kStruct:
        needed = count;
        return true;
      case Layout::kSparseUnion:
        needed = count;
        return take_elements(count, 1, region);
      case Layout::kDenseUnion:
        return take_elements(count, 1, region) && take_elements(count, 4, region);
      case Layout::kRunEndEncoded:
        needed = count;
        return true;
    }
    return false;
  }

  /// The first and last offset; `last` is what the child or the data must at least hold, or 0 when unknown.
  bool check_offsets(const Step& step, uint64_t count, uint64_t& last) {
    const uint64_t width = step.offset_width;
    const uint32_t at = buffer_pos();
    Region offsets;
    if (!take(offsets)) return false;
    last = 0;
    // Without rows there need be no offset at all; where there is one, a reader may use it.
    if (count == 0 && offsets.length < width) return true;
    if (offsets.length / width <= count) return too_small();
    if (offsets.length % width != 0) return ragged();
    if (offsets.values == nullptr) return true;
    const int64_t first_offset = read_integer(offsets.values, width);
    const int64_t last_offset = read_integer(offsets.values + count * width, width);
    if (first_offset < 0 || last_offset < first_offset || last_offset >= kMaxSafeInteger) {
      return buffer_.fail("first or last value offset is impossible", at);
    }
    last = static_cast<uint64_t>(last_offset);
    return true;
  }

  bool check_data(uint64_t needed) {
    Region data;
    if (!take(data)) return false;
    return data.length >= needed || too_small();
  }

  bool check_views(uint64_t count) {
    Region region;
    if (!take_elements(count, kViewBytes, region)) return false;
    const auto buffers = buffer_.at<int64_t>(variadic_.pos + 8 * next_variadic_++);
    *variadic_words_++ = static_cast<double>(buffers);
    for (int64_t i = 0; i < buffers; ++i) {
      if (!take(region)) return false;
    }
    return true;
  }

  /// Run ends replace the parent's need, its logical length, by the number of runs.
  bool check_run_ends(const Step& step, uint64_t runs, const Region& region) {
    uint64_t& needed = (*check_.needed)[step.parent];
    const uint64_t logical_length = needed;
    needed = runs;
    if (logical_length == 0) return true;
    if (runs == 0) return buffer_.fail("run-end-encoded field has rows but no runs", buffer_pos());
    if (region.values == nullptr) return true;
    const uint64_t width = step.width / 8;
    const int64_t last = read_integer(region.values + (runs - 1) * width, width);
    if (last < 0 || static_cast<uint64_t>(last) < logical_length) {
      return buffer_.fail("last run ends before its field does", buffer_pos());
    }
    return true;
  }

  /// Everything that is read from the body.
  template <typename T>
  T load_from_body(const uint8_t* p) noexcept {
    *check_.reads_body = true;
    return load<T>(p);
  }

  int64_t read_integer(const uint8_t* p, uint64_t width) noexcept {
    if (width == 8) return load_from_body<int64_t>(p);
    return width == 4 ? load_from_body<int32_t>(p) : load_from_body<int16_t>(p);
  }

  bool take_values(uint64_t count, uint64_t bits_per_value, Region& region) {
    if (!take(region)) return false;
    uint64_t bits;
    if (__builtin_mul_overflow(count, bits_per_value, &bits)) return too_small();
    return region.length >= bits / 8 + (bits % 8 != 0) || too_small();
  }

  /// Values that other values are found by. arrow-rs panics when their buffer holds a fraction of one.
  bool take_elements(uint64_t count, uint64_t width, Region& region) {
    return take_values(count, width * 8, region) && (region.length % width == 0 || ragged());
  }

  uint32_t buffer_pos() const noexcept { return buffers_.pos + 16 * next_buffer_; }

  bool too_small() { return buffer_.fail("buffer is too small for its type and length", buffer_pos() - 16); }

  bool ragged() { return buffer_.fail("buffer length is not a multiple of its elements", buffer_pos() - 16); }

  // The counts were compared with the schema, so there is a next buffer.
  bool take(Region& region) {
    const uint32_t pos = buffer_pos();
    ++next_buffer_;
    const auto offset = buffer_.at<uint64_t>(pos);
    const auto length = buffer_.at<uint64_t>(pos + 8);
    if (offset > check_.message.body_length || length > check_.message.body_length - offset) {
      return buffer_.fail("buffer lies outside the message body", pos);
    }
    if (length != 0 && offset % 8 != 0) return buffer_.fail("buffer is not aligned to 8 bytes", pos);
    const uint64_t absolute = check_.message.body_offset + offset;
    *buffer_words_++ = static_cast<double>(absolute);
    *buffer_words_++ = static_cast<double>(length);
    region.length = length;
    region.values = check_.slot + absolute;
    return compression_ == kUncompressed || length == 0 || check_prefix(pos, region);
  }

  bool check_prefix(uint32_t pos, Region& region) {
    if (region.length < kPrefixBytes) return buffer_.fail("compressed buffer has no length", pos);
    const auto uncompressed = load_from_body<int64_t>(region.values);
    const uint64_t stored = region.length - kPrefixBytes;
    if (uncompressed == -1) {
      region.values += kPrefixBytes;
      region.length = stored;
      return true;
    }
    const uint64_t ratio = compression_ == kLz4Frame ? kMaxLz4Ratio : kMaxZstdRatio;
    if (uncompressed < 0 || static_cast<uint64_t>(uncompressed) / ratio > stored) {
      return buffer_.fail("compressed buffer states an impossible length", pos);
    }
    region.values = nullptr;
    region.length = static_cast<uint64_t>(uncompressed);
    return true;
  }

  FlatBuffer& buffer_;
  const BatchCheck& check_;
  int64_t rows_ = 0;
  int compression_ = kUncompressed;
  Span nodes_;
  Span buffers_;
  Span variadic_;
  uint32_t next_buffer_ = 0;
  uint32_t next_variadic_ = 0;
  double* node_words_ = nullptr;
  double* buffer_words_ = nullptr;
  double* variadic_words_ = nullptr;
};

}  // namespace

bool check_batch(FlatBuffer& buffer, const Table& batch, const BatchCheck& check, int64_t& rows) {
  return BatchChecker(buffer, check).check(batch, rows);
}

}  // namespace qads::ipc
