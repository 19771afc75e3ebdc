#include "values.hpp"

#include "layout.hpp"
#include "utf8.hpp"

namespace qads::ipc {
namespace {

constexpr int64_t kInlineViewBytes = 12;
constexpr uint64_t kViewBytes = 16;

/// A buffer of the layout: private numbers, shared bytes.
struct Values {
  const uint8_t* bytes = nullptr;
  uint64_t offset = 0;  // in the slot, for messages
  int64_t length = 0;
};

int64_t integer(const Values& values, int64_t index, uint64_t width, bool is_signed) noexcept {
  const uint8_t* p = values.bytes + static_cast<uint64_t>(index) * width;
  switch (width) {
    case 1:
      return is_signed ? load<int8_t>(p) : load<uint8_t>(p);
    case 2:
      return is_signed ? load<int16_t>(p) : load<uint16_t>(p);
    case 4:
      return is_signed ? load<int32_t>(p) : int64_t{load<uint32_t>(p)};
    default:
      return load<int64_t>(p);  // an unsigned one that looks negative is out of every range
  }
}

bool is_zero(const uint8_t* bytes, int64_t count) noexcept {
  for (int64_t i = 0; i < count; ++i) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

class BlockChecker {
 public:
  BlockChecker(const uint8_t* slot, const double* words, const Program& program,
               const std::vector<int64_t>& dictionary_rows, Failure& failure) noexcept
      : slot_(slot),
        nodes_(words + kBlockWords),
        next_buffer_(nodes_ + 2 * static_cast<size_t>(words[kBlockNodes])),
        next_variadic_(next_buffer_ + 2 * static_cast<size_t>(words[kBlockBuffers])),
        program_(program),
        dictionary_rows_(dictionary_rows),
        failure_(failure) {}

  bool check() noexcept {
    for (uint32_t i = 0; i < program_.steps.size(); ++i) {
      if (!check_step(program_.steps[i], i)) return false;
    }
    return true;
  }

 private:
  int64_t length_of(uint32_t step) const noexcept { return static_cast<int64_t>(nodes_[2 * size_t{step}]); }

  Values take() noexcept {
    Values values;
    values.offset = static_cast<uint64_t>(next_buffer_[0]);
    values.length = static_cast<int64_t>(next_buffer_[1]);
    values.bytes = slot_ + values.offset;
    next_buffer_ += 2;
    return values;
  }

  bool fail(const char* reason, const Values& values, int64_t index, uint64_t width) noexcept {
    return failure_.set(reason, values.offset + static_cast<uint64_t>(index) * width);
  }

  bool is_valid(int64_t index) const noexcept {
    return !has_nulls_ || (validity_.bytes[index / 8] >> (index % 8) & 1) != 0;
  }

  int64_t count_nulls(int64_t count) const noexcept {
    int64_t valid = 0;
    int64_t i = 0;
    for (; i + 64 <= count; i += 64) valid += __builtin_popcountll(load<uint64_t>(validity_.bytes + i / 8));
    for (; i < count; ++i) valid += is_valid(i);
    return count - valid;
  }

  bool check_step(const Step& step, uint32_t index) noexcept {
    const int64_t count = length_of(index);
    const auto nulls = static_cast<int64_t>(nodes_[2 * size_t{index} + 1]);
    has_nulls_ = step.has_validity && nulls > 0;
    if (step.has_validity) validity_ = take();
    if (has_nulls_ && count_nulls(count) != nulls) {
      return fail("null count differs from the validity bitmap", validity_, 0, 1);
    }
    switch (step.layout) {
      case Layout::kFixed:
        return check_fixed(step, take(), count);
      case Layout::kBinary: {
        const Values offsets = take();
        return check_texts(step, offsets, take(), count);
      }
      case Layout::kView:
        return check_views(step, count);
      case Layout::kList:
        return check_offsets(step, take(), count, length_of(index + 1));
      case Layout::kListView: {
        const Values offsets = take();
        return check_list_views(step, offsets, take(), count, length_of(index + 1));
      }
      case Layout::kSparseUnion:
        return check_union(step, take(), nullptr, count);
      case Layout::kDenseUnion: {
        const Values type_ids = take();
        const Values offsets = take();
        return check_union(step, type_ids, &offsets, count);
      }
      case Layout::kNull:
      case Layout::kFixedSizeList:
      case Layout::kStruct:
      case Layout::kRunEndEncoded:
        return true;
    }
    return true;
  }

  bool check_fixed(const Step& step, const Values& values, int64_t count) noexcept {
    const uint64_t width = step.width / 8;
    if (step.role == Role::kRunEnds) {
      for (int64_t i = 0, last = 0; i < count; ++i) {
        const int64_t end = integer(values, i, width, true);
        if (end <= last) return fail("run ends do not increase", values, i, width);
        last = end;
      }
    }
    if (step.dictionary == kNone) return true;
    const int64_t entries = dictionary_rows_[step.dictionary];
    for (int64_t i = 0; i < count; ++i) {
      if (!is_valid(i)) continue;
      const int64_t key = integer(values, i, width, step.is_signed);
      if (key < 0 || key >= entries) return fail("dictionary index is out of range", values, i, width);
    }
    return true;
  }

  bool check_offsets(const Step& step, const Values& offsets, int64_t count, int64_t limit) noexcept {
    const uint64_t width = step.offset_width;
    int64_t last = 0;
    for (int64_t i = 0; count != 0 && i <= count; ++i) {
      const int64_t next = integer(offsets, i, width, true);
      if (next < last || next > limit)
        return fail("value offset is out of order or range", offsets, i, width);
      last = next;
    }
    return true;
  }

  bool check_texts(const Step& step, const Values& offsets, const Values& data, int64_t count) noexcept {
    if (!step.is_utf8) return check_offsets(step, offsets, count, data.length);
    const uint64_t width = step.offset_width;
    int64_t begin = count == 0 ? 0 : integer(offsets, 0, width, true);
    if (begin < 0) return fail("value offset is out of order or range", offsets, 0, width);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t end = integer(offsets, i + 1, width, true);
      if (end < begin || end > data.length)
        return fail("value offset is out of order or range", offsets, i + 1, width);
      if (is_valid(i) && !is_utf8(data.bytes + begin, static_cast<uint64_t>(end - begin))) {
        return fail("string is not UTF-8", data, begin, 1);
      }
      begin = end;
    }
    return true;
  }

  bool check_views(const Step& step, int64_t count) noexcept {
    const Values views = take();
    const double* const buffers = next_buffer_;
    const auto buffer_count = static_cast<int64_t>(*next_variadic_++);
    next_buffer_ += 2 * buffer_count;
    for (int64_t i = 0; i < count; ++i) {
      if (!is_valid(i)) continue;
      // One copy of the view: length, then 12 inline bytes or prefix, buffer and offset.
      uint8_t view[kViewBytes];
      std::memcpy(view, views.bytes + static_cast<uint64_t>(i) * kViewBytes, kViewBytes);
      const auto length = load<int32_t>(view);
      if (length < 0) return fail("view has a negative length", views, i, kViewBytes);
      const uint8_t* text = view + 4;
      if (length > kInlineViewBytes) {
        const auto buffer = load<int32_t>(view + 8);
        const auto offset = load<int32_t>(view + 12);
        if (buffer < 0 || buffer >= buffer_count)
          return fail("view points to no buffer", views, i, kViewBytes);
        const double* words = buffers + 2 * int64_t{buffer};
        if (offset < 0 || int64_t{offset} + length > static_cast<int64_t>(words[1])) {
          return fail("view points outside its buffer", views, i, kViewBytes);
        }
        text = slot_ + static_cast<uint64_t>(words[0]) + static_cast<uint64_t>(offset);
        if (std::memcmp(text, view + 4, 4) != 0)
          return fail("prefix of a view is wrong", views, i, kViewBytes);
      } else if (!is_zero(text + length, kInlineViewBytes - length)) {
        // Views are compared as a whole.
        return fail("view has bytes after its end", views, i, kViewBytes);
      }
      if (step.is_utf8 && !is_utf8(text, static_cast<uint64_t>(length))) {
        return fail("string is not UTF-8", views, i, kViewBytes);
      }
    }
    return true;
  }

  bool check_list_views(const Step& step, const Values& offsets, const Values& sizes, int64_t count,
                        int64_t limit) noexcept {
    const uint64_t width = step.offset_width;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t offset = integer(offsets, i, width, true);
      const int64_t size = integer(sizes, i, width, true);
      if (offset < 0 || size < 0 || offset > limit || size > limit - offset) {
        return fail("list view points outside its items", offsets, i, width);
      }
    }
    return true;
  }

  bool check_union(const Step& step, const Values& type_ids, const Values* offsets, int64_t count) noexcept {
    int64_t limits[256];  // by type id: the items of its child, or -1
    for (int64_t& limit : limits) limit = -1;
    for (uint32_t i = 0; i < step.union_members; ++i) {
      const UnionMember& member = program_.union_members[step.first_member + i];
      limits[member.type_id] = length_of(member.step);
    }
    for (int64_t i = 0; i < count; ++i) {
      const int64_t limit = limits[load<uint8_t>(type_ids.bytes + i)];
      if (limit < 0) return fail("union has no such type id", type_ids, i, 1);
      if (offsets == nullptr) continue;
      const int64_t offset = integer(*offsets, i, 4, true);
      if (offset < 0 || offset >= limit) return fail("union offset is out of range", *offsets, i, 4);
    }
    return true;
  }

  const uint8_t* slot_;
  const double* nodes_;
  const double* next_buffer_;
  const double* next_variadic_;
  const Program& program_;
  const std::vector<int64_t>& dictionary_rows_;
  Failure& failure_;
  bool has_nulls_ = false;
  Values validity_;
};

}  // namespace

bool check_block_values(const uint8_t* slot, const double* words, const Program& program,
                        const std::vector<int64_t>& dictionary_rows, Failure& failure) noexcept {
  return BlockChecker(slot, words, program, dictionary_rows, failure).check();
}

}  // namespace qads::ipc
