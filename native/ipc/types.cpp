#include "types.hpp"

namespace qads::ipc {
namespace {

constexpr int16_t kLastTimeUnit = 3;  // nanosecond
constexpr uint32_t kMaxUnionChildren = 128;

void fixed(TypeInfo& out, uint64_t bits) {
  out.layout = Layout::kFixed;
  out.width = bits;
  out.buffers = 1;
}

void variable(TypeInfo& out, uint8_t offset_width, bool is_utf8) {
  out.layout = Layout::kBinary;
  out.offset_width = offset_width;
  out.is_utf8 = is_utf8;
  out.buffers = 2;
}

void view(TypeInfo& out, bool is_utf8) {
  out.layout = Layout::kView;
  out.is_utf8 = is_utf8;
  out.buffers = 1;
}

void nested(TypeInfo& out, Layout layout, uint32_t min_children, uint32_t max_children) {
  out.layout = layout;
  out.min_children = min_children;
  out.max_children = max_children;
}

void list(TypeInfo& out, Layout layout, uint8_t offset_width) {
  nested(out, layout, 1, 1);
  out.offset_width = offset_width;
  out.buffers = layout == Layout::kListView ? 2 : 1;
}

uint64_t pack(int32_t high, int32_t low) {
  return static_cast<uint64_t>(static_cast<uint32_t>(high)) << 32 | static_cast<uint32_t>(low);
}

bool read_int(FlatBuffer& buffer, const Table& details, TypeInfo& out) {
  int32_t bits;
  uint8_t is_signed;
  if (!buffer.scalar<int32_t>(details, 0, 0, bits) || !buffer.scalar<uint8_t>(details, 1, 0, is_signed))
    return false;
  if (bits != 8 && bits != 16 && bits != 32 && bits != 64) {
    return buffer.fail("integer width is not 8, 16, 32 or 64 bits", details.pos);
  }
  fixed(out, static_cast<uint64_t>(bits));
  out.is_signed = is_signed != 0;
  out.parameters = pack(out.is_signed, bits);
  return true;
}

bool read_decimal(FlatBuffer& buffer, const Table& details, TypeInfo& out) {
  int32_t precision, scale, bits;
  if (!buffer.scalar<int32_t>(details, 0, 0, precision) || !buffer.scalar<int32_t>(details, 1, 0, scale) ||
      !buffer.scalar<int32_t>(details, 2, 128, bits)) {
    return false;
  }
  const int32_t digits = bits == 32 ? 9 : bits == 64 ? 18 : bits == 128 ? 38 : bits == 256 ? 76 : 0;
  if (digits == 0) return buffer.fail("decimal width is not 32, 64, 128 or 256 bits", details.pos);
  if (precision < 1 || precision > digits)
    return buffer.fail("decimal precision does not fit its width", details.pos);
  if (scale < -128 || scale > 127)
    return buffer.fail("decimal scale is not between -128 and 127", details.pos);
  fixed(out, static_cast<uint64_t>(bits));
  out.parameters = pack(bits, precision * 256 + scale + 128);
  return true;
}

bool read_time(FlatBuffer& buffer, const Table& details, TypeInfo& out) {
  int16_t unit;
  int32_t bits;
  if (!buffer.scalar<int16_t>(details, 0, 1, unit) || !buffer.scalar<int32_t>(details, 1, 32, bits))
    return false;
  if (unit < 0 || unit > kLastTimeUnit || bits != (unit < 2 ? 32 : 64)) {
    return buffer.fail("time has an unknown unit or the wrong width for it", details.pos);
  }
  fixed(out, static_cast<uint64_t>(bits));
  out.parameters = pack(unit, bits);
  return true;
}

/// A type whose only number is an enumeration, stored as int16.
bool read_unit(FlatBuffer& buffer, const Table& details, int16_t when_absent, int16_t last, TypeInfo& out,
               int16_t& unit) {
  if (!buffer.scalar<int16_t>(details, 0, when_absent, unit)) return false;
  if (unit < 0 || unit > last) return buffer.fail("type has an unknown unit, precision or mode", details.pos);
  out.parameters = static_cast<uint64_t>(unit);
  return true;
}

/// A type whose only number is a size, stored as int32.
bool read_size(FlatBuffer& buffer, const Table& details, TypeInfo& out, uint64_t& size) {
  int32_t value;
  if (!buffer.scalar<int32_t>(details, 0, 0, value)) return false;
  if (value < 0) return buffer.fail("type has a negative size", details.pos);
  size = static_cast<uint64_t>(value);
  out.parameters = size;
  return true;
}

bool read_union(FlatBuffer& buffer, const Table& details, TypeInfo& out) {
  int16_t mode;
  if (!read_unit(buffer, details, 0, 1, out, mode)) return false;
  nested(out, mode == 0 ? Layout::kSparseUnion : Layout::kDenseUnion, 0, kMaxUnionChildren);
  out.has_validity = false;
  out.buffers = mode == 0 ? 1 : 2;
  return buffer.vector(details, 1, 4, out.type_ids);
}

bool read_map(FlatBuffer& buffer, const Table& details, TypeInfo& out) {
  uint8_t keys_sorted;
  if (!buffer.scalar<uint8_t>(details, 0, 0, keys_sorted)) return false;
  list(out, Layout::kList, 4);
  out.is_map = true;
  out.parameters = keys_sorted != 0;
  return true;
}

}  // namespace

const char* type_name(uint8_t type) noexcept {
  static constexpr const char* kNames[] = {"none",
                                           "null",
                                           "int",
                                           "float",
                                           "binary",
                                           "utf8",
                                           "bool",
                                           "decimal",
                                           "date",
                                           "time",
                                           "timestamp",
                                           "interval",
                                           "list",
                                           "struct",
                                           "union",
                                           "fixed_size_binary",
                                           "fixed_size_list",
                                           "map",
                                           "duration",
                                           "large_binary",
                                           "large_utf8",
                                           "large_list",
                                           "run_end_encoded",
                                           "binary_view",
                                           "utf8_view",
                                           "list_view",
                                           "large_list_view"};
  return type < sizeof kNames / sizeof *kNames ? kNames[type] : "unknown";
}

bool read_type(FlatBuffer& buffer, uint8_t type, const Table& details, TypeInfo& out) {
  int16_t unit = 0;
  uint64_t size = 0;
  switch (type) {
    case kNull:
      out.has_validity = false;
      return true;
    case kInt:
      return read_int(buffer, details, out);
    case kFloatingPoint:
      if (!read_unit(buffer, details, 0, 2, out, unit)) return false;
      return fixed(out, uint64_t{16} << unit), true;
    case kBinary:
      return variable(out, 4, false), true;
    case kUtf8:
      return variable(out, 4, true), true;
    case kLargeBinary:
      return variable(out, 8, false), true;
    case kLargeUtf8:
      return variable(out, 8, true), true;
    case kBinaryView:
      return view(out, false), true;
    case kUtf8View:
      return view(out, true), true;
    case kBool:
      return fixed(out, 1), true;
    case kDecimal:
      return read_decimal(buffer, details, out);
    case kDate:
      if (!read_unit(buffer, details, 1, 1, out, unit)) return false;
      return fixed(out, unit == 0 ? 32 : 64), true;
    case kTime:
      return read_time(buffer, details, out);
    case kTimestamp:
      if (!read_unit(buffer, details, 0, kLastTimeUnit, out, unit)) return false;
      fixed(out, 64);
      return buffer.string(details, 1, out.text);
    case kInterval:
      if (!read_unit(buffer, details, 0, 2, out, unit)) return false;
      return fixed(out, uint64_t{32} << unit), true;
    case kDuration:
      if (!read_unit(buffer, details, 1, kLastTimeUnit, out, unit)) return false;
      return fixed(out, 64), true;
    case kFixedSizeBinary:
      if (!read_size(buffer, details, out, size)) return false;
      return fixed(out, size * 8), true;
    case kFixedSizeList:
      if (!read_size(buffer, details, out, size)) return false;
      nested(out, Layout::kFixedSizeList, 1, 1);
      out.width = size;
      return true;
    case kList:
      return list(out, Layout::kList, 4), true;
    case kLargeList:
      return list(out, Layout::kList, 8), true;
    case kListView:
      return list(out, Layout::kListView, 4), true;
    case kLargeListView:
      return list(out, Layout::kListView, 8), true;
    case kMap:
      return read_map(buffer, details, out);
    case kStruct:
      return nested(out, Layout::kStruct, 0, kNone), true;
    case kUnion:
      return read_union(buffer, details, out);
    case kRunEndEncoded:
      nested(out, Layout::kRunEndEncoded, 2, 2);
      out.has_validity = false;
      return true;
    default:
      return buffer.fail("field has an unknown type", details.pos);
  }
}

bool read_index_type(FlatBuffer& buffer, const Table& encoding, uint32_t index, TypeInfo& out) {
  Table details;
  bool present;
  if (!buffer.subtable(encoding, index, details, present)) return false;
  if (present) return read_int(buffer, details, out);
  fixed(out, 32);
  out.is_signed = true;
  return true;
}

}  // namespace qads::ipc
