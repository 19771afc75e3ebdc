#pragma once

// What a schema demands of a record batch, compiled to a list that is walked once per batch: one step per
// field node, in the order of the nodes (pre-order), with the buffers each consumes. Layouts: "Arrow Columnar
// Format", arrow.apache.org/docs/format/Columnar.html.

#include <cstdint>
#include <map>
#include <vector>

#include "flatbuffer.hpp"

namespace qads::ipc {

/// Values of MetadataVersion (Schema.fbs). Older ones have another layout of buffers and are refused.
inline constexpr int16_t kMetadataV4 = 3;
inline constexpr int16_t kMetadataV5 = 4;

/// Deepest nesting of fields, the same as the depth limit of the Rust FlatBuffers verifier.
inline constexpr uint32_t kMaxNesting = 64;

/// Longest record batch or dictionary: what apache-arrow in JavaScript can index.
inline constexpr int64_t kMaxRows = 0x7FFFFFFF;

/// Integers from here on are not exact in a double.
inline constexpr int64_t kMaxSafeInteger = int64_t{1} << 53;

inline constexpr uint32_t kNone = 0xFFFFFFFF;

enum class Layout : uint8_t {
  kNull,
  kFixed,  // bit-packed or fixed-width values, and dictionary indices
  kBinary,
  kView,
  kList,
  kListView,
  kFixedSizeList,
  kStruct,
  kSparseUnion,
  kDenseUnion,
  kRunEndEncoded,
};

/// What a node's length has to do with the rest of the batch.
enum class Role : uint8_t {
  kColumn,   // exactly the rows of the batch
  kChild,    // at least what the parent needs
  kRunEnds,  // free, but its last value must reach the parent's length
};

struct Step {
  Layout layout = Layout::kNull;
  Role role = Role::kColumn;
  bool has_validity = false;
  bool is_utf8 = false;
  bool is_signed = false;       // of integers; tells how dictionary indices are read
  uint8_t offset_width = 0;     // 4 or 8 for kBinary, kList and kListView
  uint8_t union_members = 0;    // of a union: how many, from Program::union_members[first_member] on
  uint32_t parent = kNone;      // index of the parent's step
  uint32_t dictionary = kNone;  // index into Shape::dictionaries
  uint32_t first_member = 0;
  uint64_t width = 0;  // kFixed: bits of a value; kFixedSizeList: items of a list

  bool operator==(const Step& other) const noexcept {
    return layout == other.layout && role == other.role && has_validity == other.has_validity &&
           is_utf8 == other.is_utf8 && is_signed == other.is_signed && offset_width == other.offset_width &&
           union_members == other.union_members && parent == other.parent && dictionary == other.dictionary &&
           first_member == other.first_member && width == other.width;
  }
};

/// The child of a union that a value with `type_id` is stored in.
struct UnionMember {
  uint8_t type_id = 0;
  uint32_t step = 0;

  bool operator==(const UnionMember& other) const noexcept {
    return type_id == other.type_id && step == other.step;
  }
};

struct Program {
  std::vector<Step> steps;
  std::vector<UnionMember> union_members;
  uint32_t buffers = 0;  // without the variadic ones
  uint32_t views = 0;    // steps with variadic buffers

  bool operator==(const Program& other) const noexcept {
    return steps == other.steps && union_members == other.union_members && buffers == other.buffers &&
           views == other.views;
  }
};

struct Dictionary {
  bool complete = false;  // false while its own value type is being compiled
  Program values;
};

/// The bytes of a footer that has been verified, so that the next one, which differs in its blocks only,
/// costs a comparison.
struct FooterForm {
  std::vector<uint8_t> bytes;
  Span dictionaries;
  Span record_batches;
};

struct Shape {
  std::vector<uint8_t> schema_bytes;
  int16_t version = 0;
  bool has_unions = false;
  Program columns;
  std::vector<Dictionary> dictionaries;
  std::map<int64_t, uint32_t> dictionary_by_id;
  /// Canonical form of the whole schema, names and metadata included; equal for equal schemas.
  std::vector<uint8_t> signature;
  std::vector<FooterForm> footers;
  uint32_t next_footer = 0;
  uint64_t fingerprint = 0;
  uint32_t id = 0;
  uint64_t last_used = 0;

  [[nodiscard]] uint32_t find_dictionary(int64_t dictionary_id) const noexcept {
    const auto found = dictionary_by_id.find(dictionary_id);
    return found == dictionary_by_id.end() ? kNone : found->second;
  }
};

}  // namespace qads::ipc
