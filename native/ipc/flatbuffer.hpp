#pragma once

// A reader of FlatBuffers that trusts no byte of them. It checks what the verifiers of the C++ and Rust
// libraries check (bounds, alignment, vtables, string terminators), and more where a reader without a
// verifier, such as JavaScript's, would go astray: fields must lie inside their table, 16-bit offsets must
// not look negative, and tables may not be shared, which bounds the work by the number of bytes. Binary
// format: flatbuffers.dev, "FlatBuffer internals".
//
// It reads a private copy of the bytes: nobody can change a word between its check and its use.

#include <cstdint>
#include <cstring>

namespace qads::ipc {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "Arrow IPC metadata is little-endian");

/// The first thing found wrong: a static sentence and the byte offset in the slot.
struct Failure {
  const char* reason = nullptr;
  uint64_t offset = 0;

  bool set(const char* why, uint64_t where) noexcept {
    if (reason == nullptr) {
      reason = why;
      offset = where;
    }
    return false;
  }
};

template <typename T>
inline T load(const uint8_t* p) noexcept {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

struct Table {
  uint32_t pos = 0;
  uint32_t vtable = 0;
  uint32_t vtable_size = 0;
  uint32_t object_size = 0;
};

/// The elements of a vector or the bytes of a string; absent and empty are both a count of 0.
struct Span {
  uint32_t pos = 0;
  uint32_t count = 0;
  bool present = false;
};

struct Range {
  uint32_t begin = 0;
  uint32_t end = 0;
};

class FlatBuffer {
 public:
  /// `data` is borrowed and must not change. `slot_offset` is where it came from, for messages only.
  FlatBuffer(const uint8_t* data, uint32_t size, uint64_t slot_offset, Failure& failure) noexcept
      : data_(data),
        size_(size),
        tables_left_(size / kBytesPerTable),
        text_left_(uint64_t{size} * kTextSharing),
        slot_offset_(slot_offset),
        failure_(failure) {}

  /// Makes every later access to one of the two ranges fail.
  void forbid(Range a, Range b) noexcept {
    forbidden_[0] = a;
    forbidden_[1] = b;
  }

  bool fail(const char* reason, uint32_t pos) noexcept { return failure_.set(reason, slot_offset_ + pos); }

  template <typename T>
  T at(uint32_t pos) const noexcept {
    return load<T>(data_ + pos);
  }
  const uint8_t* bytes(uint32_t pos) const noexcept { return data_ + pos; }

  bool root(Table& out) noexcept {
    if (size_ < 8) return fail("metadata too short for a flatbuffer", 0);
    return follow(0, out);
  }

  /// The table that the offset stored at `ref`, a position already checked, points to.
  bool follow(uint32_t ref, Table& out) noexcept {
    const uint64_t pos = uint64_t{ref} + at<uint32_t>(ref);
    if (pos == ref || pos + 4 > size_ || pos % 4 != 0) return fail("flatbuffer offset out of bounds", ref);
    out.pos = static_cast<uint32_t>(pos);
    const int64_t vtable = static_cast<int64_t>(pos) - at<int32_t>(out.pos);
    if (vtable < 0 || vtable + 4 > size_ || vtable % 2 != 0) return fail("vtable out of bounds", out.pos);
    out.vtable = static_cast<uint32_t>(vtable);
    out.vtable_size = at<uint16_t>(out.vtable);
    out.object_size = at<uint16_t>(out.vtable + 2);
    if (out.vtable_size < 4 || out.vtable_size % 2 != 0 || out.vtable_size > kMaxInt16 ||
        out.vtable_size > size_ - out.vtable) {
      return fail("vtable size is wrong", out.vtable);
    }
    if (out.object_size < 4 || out.object_size > kMaxInt16 || out.object_size > size_ - out.pos) {
      return fail("table size is wrong", out.vtable);
    }
    if (!allowed(out.pos, out.object_size) || !allowed(out.vtable, out.vtable_size)) {
      return fail("flatbuffer tables overlap other data", out.pos);
    }
    if (tables_left_ == 0) return fail("flatbuffer tables are shared", out.pos);
    --tables_left_;
    return true;
  }

  /// Position of a field of `width` bytes, or 0 when the table leaves it out.
  bool field(const Table& table, uint32_t index, uint32_t width, uint32_t& pos) noexcept {
    const uint32_t entry = 4 + 2 * index;
    const uint32_t offset = entry < table.vtable_size ? at<uint16_t>(table.vtable + entry) : 0;
    pos = 0;
    if (offset == 0) return true;
    if (offset < 4 || offset + width > table.object_size) {
      return fail("flatbuffer field lies outside its table", table.vtable + entry);
    }
    pos = table.pos + offset;
    if (pos % width != 0) return fail("flatbuffer field is misaligned", pos);
    return true;
  }

  template <typename T>
  bool scalar(const Table& table, uint32_t index, T when_absent, T& out) noexcept {
    uint32_t pos;
    if (!field(table, index, sizeof(T), pos)) return false;
    out = pos == 0 ? when_absent : at<T>(pos);
    return true;
  }

  bool subtable(const Table& table, uint32_t index, Table& out, bool& present) noexcept {
    uint32_t pos;
    if (!field(table, index, 4, pos)) return false;
    present = pos != 0;
    return !present || follow(pos, out);
  }

  /// A vector whose elements take `width` bytes. They need not be aligned to more than the 4 bytes of their
  /// count: what older versions of Polars write is not, and no reader minds.
  bool vector(const Table& table, uint32_t index, uint32_t width, Span& out) noexcept {
    uint32_t pos;
    out = Span{};
    if (!field(table, index, 4, pos)) return false;
    return pos == 0 || span_at(pos, width, out);
  }

  bool string(const Table& table, uint32_t index, Span& out) noexcept {
    if (!vector(table, index, 1, out)) return false;
    if (!out.present) return true;
    const uint32_t end = out.pos + out.count;
    if (end >= size_ || data_[end] != 0) return fail("flatbuffer string has no terminator", out.pos);
    if (out.count > text_left_) return fail("flatbuffer strings are shared too often", out.pos);
    text_left_ -= out.count;
    return true;
  }

 private:
  // A table that nobody else refers to takes at least its own first word and the word that refers to it.
  static constexpr uint32_t kBytesPerTable = 8;
  // Builders may store equal strings once; the factor bounds what hashing them costs.
  static constexpr uint32_t kTextSharing = 16;
  static constexpr uint32_t kMaxInt16 = 0x7FFF;

  bool allowed(uint32_t pos, uint64_t length) const noexcept {
    for (const Range& range : forbidden_) {
      if (pos < range.end && pos + length > range.begin) return false;
    }
    return true;
  }

  bool span_at(uint32_t ref, uint32_t width, Span& out) noexcept {
    const uint64_t pos = uint64_t{ref} + at<uint32_t>(ref);
    if (pos == ref || pos + 4 > size_ || pos % 4 != 0) return fail("flatbuffer offset out of bounds", ref);
    out.count = at<uint32_t>(static_cast<uint32_t>(pos));
    out.pos = static_cast<uint32_t>(pos + 4);
    out.present = true;
    const uint64_t length = uint64_t{out.count} * width;
    if (length > size_ - out.pos) return fail("flatbuffer vector longer than its buffer", ref);
    if (!allowed(out.pos - 4, length + 4)) return fail("flatbuffer vector overlaps other data", out.pos);
    return true;
  }

  const uint8_t* data_;
  uint32_t size_;
  uint32_t tables_left_;
  uint64_t text_left_;
  uint64_t slot_offset_;
  Failure& failure_;
  Range forbidden_[2];
};

}  // namespace qads::ipc
