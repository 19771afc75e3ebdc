#pragma once

#include "flatbuffer.hpp"
#include "shape.hpp"

namespace qads::ipc {

/// Field indices of the tables in Schema.fbs.
namespace schema_field {
enum : uint32_t { kEndianness, kFields, kCustomMetadata, kFeatures };
}
namespace field_field {
enum : uint32_t { kName, kNullable, kTypeType, kType, kDictionary, kChildren, kCustomMetadata };
}
namespace dictionary_field {
enum : uint32_t { kId, kIndexType, kIsOrdered, kKind };
}

/// Verifies a Schema table (Schema.fbs) completely and fills `shape.columns`, `dictionaries` and `signature`
/// for messages of `shape.version`. On failure the shape is unusable. Throws std::bad_alloc only.
bool compile_schema(FlatBuffer& buffer, const Table& schema, Shape& shape);

/// Verifies the `custom_metadata` vector of any table. When `digest` is given, adds a number to it that does
/// not depend on the order of the entries, which writers do not keep.
bool check_custom_metadata(FlatBuffer& buffer, const Table& table, uint32_t index, uint64_t* digest);

}  // namespace qads::ipc
