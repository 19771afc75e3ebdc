#pragma once

#include "flatbuffer.hpp"
#include "shape.hpp"

namespace qads::ipc {

/// Members of the union Type in Schema.fbs.
enum Type : uint8_t {
  kNull = 1,
  kInt,
  kFloatingPoint,
  kBinary,
  kUtf8,
  kBool,
  kDecimal,
  kDate,
  kTime,
  kTimestamp,
  kInterval,
  kList,
  kStruct,
  kUnion,
  kFixedSizeBinary,
  kFixedSizeList,
  kMap,
  kDuration,
  kLargeBinary,
  kLargeUtf8,
  kLargeList,
  kRunEndEncoded,
  kBinaryView,
  kUtf8View,
  kListView,
  kLargeListView,
};

/// What the `type` union of a Field says about its column.
struct TypeInfo {
  Layout layout = Layout::kNull;
  bool has_validity = true;
  bool is_utf8 = false;
  bool is_signed = false;
  bool is_map = false;
  uint8_t offset_width = 0;
  uint32_t buffers = 0;  // besides the validity bitmap and variadic buffers
  uint32_t min_children = 0;
  uint32_t max_children = 0;
  uint64_t width = 0;       // as Step::width
  uint64_t parameters = 0;  // all numbers of the type, for comparing two types
  Span text;                // time zone
  Span type_ids;            // of a union
};

/// As messages name it; types with parameters have more to say.
const char* type_name(uint8_t type) noexcept;

/// Verifies the type table `details` of kind `type` and refuses values that no implementation defines.
bool read_type(FlatBuffer& buffer, uint8_t type, const Table& details, TypeInfo& out);

/// Reads the optional Int table that says how dictionary indices are stored; absent means signed 32 bits.
bool read_index_type(FlatBuffer& buffer, const Table& encoding, uint32_t index, TypeInfo& out);

}  // namespace qads::ipc
